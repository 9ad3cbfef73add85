# The ns-3 of the PyPI wheel, as imported targets, and ns-3's build_lib() over them.
#
# The wheel's own find_package(ns3) names paths of the machine it was built on, so the targets are
# declared here. build_lib() and build_lib_example() take the arguments of ns-3's macros of these
# names: a module's CMakeLists.txt serves here and in contrib/ of an ns-3 source tree alike.

execute_process(
  COMMAND
    "${Python_EXECUTABLE}" -c
    "import importlib.util as u; s = u.find_spec('ns3'); print(s.submodule_search_locations[0] if s else '')"
  OUTPUT_VARIABLE NS3_WHEEL
  OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY
)
if(NOT EXISTS "${NS3_WHEEL}/include/ns3/core-module.h")
  message(
    FATAL_ERROR
      "ns-3: no wheel found for ${Python_EXECUTABLE}; run 'pip install ns3==3.44.post0' in that environment"
  )
endif()

set(NS3_WHEEL_LIBRARIES core network stats mobility internet bridge traffic-control point-to-point
                        applications flow-monitor nix-vector-routing
)
foreach(name ${NS3_WHEEL_LIBRARIES})
  add_library(ns3::${name} SHARED IMPORTED)
  set_target_properties(
    ns3::${name}
    PROPERTIES
      IMPORTED_LOCATION "${NS3_WHEEL}/lib64/libns3.44-${name}.so"
      INTERFACE_INCLUDE_DIRECTORIES "${NS3_WHEEL}/include"
      # The wheel is a release build with assertions and logging compiled in.
      INTERFACE_COMPILE_DEFINITIONS
        "NS3_ASSERT_ENABLE;NS3_LOG_ENABLE;NS3_BUILD_PROFILE_RELEASE"
      INTERFACE_COMPILE_FEATURES cxx_std_20
      INTERFACE_LINK_OPTIONS "LINKER:--allow-shlib-undefined"
  )
  set(lib${name} ns3::${name})
endforeach()
target_link_libraries(ns3::network INTERFACE ns3::core)
target_link_libraries(ns3::mobility INTERFACE ns3::network)
target_link_libraries(ns3::internet INTERFACE ns3::network ns3::traffic-control)
target_link_libraries(ns3::point-to-point INTERFACE ns3::network)
target_link_libraries(ns3::applications INTERFACE ns3::internet)
target_link_libraries(ns3::nix-vector-routing INTERFACE ns3::internet)
target_link_libraries(ns3::flow-monitor INTERFACE ns3::internet ns3::stats)

function(build_lib)
  cmake_parse_arguments(
    LIB "" "LIBNAME" "SOURCE_FILES;HEADER_FILES;LIBRARIES_TO_LINK;TEST_SOURCES" ${ARGN}
  )
  foreach(header ${LIB_HEADER_FILES})
    get_filename_component(name ${header} NAME)
    configure_file(${header} ${PROJECT_BINARY_DIR}/include/ns3/${name} COPYONLY)
  endforeach()
  # No library's file name may contain "ns3": the wheel's loader would take it for one of its own.
  add_library(${LIB_LIBNAME} SHARED ${LIB_SOURCE_FILES})
  set_target_properties(${LIB_LIBNAME} PROPERTIES OUTPUT_NAME spacemoe_${LIB_LIBNAME})
  target_include_directories(${LIB_LIBNAME} PUBLIC ${PROJECT_BINARY_DIR}/include)
  target_link_libraries(${LIB_LIBNAME} PUBLIC ${LIB_LIBRARIES_TO_LINK})
  set(lib${LIB_LIBNAME} ${LIB_LIBNAME} CACHE INTERNAL "")
  if(SPACEMOE_TESTS AND LIB_TEST_SOURCES)
    list(TRANSFORM LIB_TEST_SOURCES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
    set_property(GLOBAL APPEND PROPERTY SPACEMOE_TEST_SOURCES ${LIB_TEST_SOURCES})
  endif()
  if(SPACEMOE_TESTS AND EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/examples/CMakeLists.txt)
    add_subdirectory(examples)
  endif()
endfunction()

function(build_lib_example)
  cmake_parse_arguments(EXAMPLE "" "NAME" "SOURCE_FILES;LIBRARIES_TO_LINK" ${ARGN})
  add_executable(${EXAMPLE_NAME} ${EXAMPLE_SOURCE_FILES})
  target_link_libraries(${EXAMPLE_NAME} PRIVATE ${EXAMPLE_LIBRARIES_TO_LINK})
  set_property(GLOBAL APPEND PROPERTY SPACEMOE_EXAMPLES ${EXAMPLE_NAME})
endfunction()
