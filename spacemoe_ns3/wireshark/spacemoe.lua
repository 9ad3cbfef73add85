-- SPDX-License-Identifier: GPL-2.0-only
--
-- Wireshark dissector for the messages of spacemoe-ns3, over UDP and over TCP: docs/wire-format.md has the
-- header, docs/wireshark.md shows what the dissector is for. Tested with Wireshark 4.0; uses nothing that Lua 5.2
-- and 5.4 do differently.

local spacemoe = Proto("spacemoe", "SpaceMoE message")

local MAGIC = "SMoE"
local VERSION = 1
local HEADER_BYTES = 36
local NO_EXPERT = 0xffff
local DISPATCH, RESULT, RESIDUAL, ACKNOWLEDGEMENT, REPEAT = 1, 2, 3, 4, 5
local MOST_MESSAGE_BYTES = 2 ^ 30 -- of a message in a TCP stream; more is no length
local MOST_NAMED = 64 -- missing segments and segment frames that are listed one by one
local NS_PER_S = 1000000000
local EXACT = 2 ^ 53 -- whole numbers below are exact in a double
local PORT_TYPE_TCP = 2

local KINDS = { "dispatch", "result", "residual", "acknowledgement", "request to repeat" } -- from 1
local ABOUT = { [0] = "none", [DISPATCH] = "dispatch", [RESULT] = "result", [RESIDUAL] = "residual" }

local function link(name, text, kind)
    return ProtoField.framenum(name, text, base.NONE, kind or frametype.NONE)
end

local fields = {
    magic = ProtoField.string("spacemoe.magic", "Magic"),
    version = ProtoField.uint8("spacemoe.version", "Version"),
    kind = ProtoField.uint8("spacemoe.kind", "Kind", base.DEC, KINDS),
    layer = ProtoField.uint16("spacemoe.layer", "Layer"),
    request = ProtoField.uint32("spacemoe.request", "Request"),
    token = ProtoField.uint32("spacemoe.token", "Token"),
    expert = ProtoField.uint16("spacemoe.expert", "Expert"),
    segment = ProtoField.uint16("spacemoe.segment", "Segment"),
    segments = ProtoField.uint16("spacemoe.segments", "Segments of the message"),
    about = ProtoField.uint8("spacemoe.about", "About", base.DEC, ABOUT),
    copy = ProtoField.uint8("spacemoe.copy", "Copy"),
    message_bytes = ProtoField.uint32("spacemoe.message_bytes", "Message bytes"),
    sent = ProtoField.uint64("spacemoe.sent", "Sent (ns of simulation time)"),
    data = ProtoField.bytes("spacemoe.data", "Part of the message"),
    message = ProtoField.bytes("spacemoe.message", "Message"),
    bitmap = ProtoField.bytes("spacemoe.bitmap", "Bitmap of missing segments"),
    missing = ProtoField.uint32("spacemoe.missing", "Missing segment"),
    missing_count = ProtoField.uint32("spacemoe.missing_count", "Missing segments"),
    token_id = ProtoField.string("spacemoe.token_id", "Request.token"),
    stream = ProtoField.uint32("spacemoe.stream", "Stream (number of the token in the capture)"),
    age = ProtoField.relative_time("spacemoe.age", "Time since sent"),
    reassembled_in = link("spacemoe.reassembled_in", "Complete in frame"),
    reassembled_bytes = ProtoField.uint32("spacemoe.reassembled_bytes", "Reassembled bytes"),
    segment_frame = link("spacemoe.segment_frame", "Segment in frame"),
    segment_count = ProtoField.uint32("spacemoe.segment_count", "Reassembled segments"),
    copy_of = link("spacemoe.copy_of", "Copy of the segment in frame", frametype.RETRANS_PREV),
    response_in = link("spacemoe.response_in", "Result in frame", frametype.RESPONSE),
    response_to = link("spacemoe.response_to", "Result of the dispatch in frame", frametype.REQUEST),
    response_time = ProtoField.relative_time("spacemoe.response_time", "Time from dispatch to result"),
}
spacemoe.fields = fields

local function remark(name, text, group, severity)
    return ProtoExpert.new(name, text, expert.group[group], expert.severity[severity])
end

local experts = {
    malformed = remark("spacemoe.malformed", "Malformed", "MALFORMED", "ERROR"),
    cut = remark("spacemoe.cut", "The capture has only the beginning of this packet", "UNDECODED", "NOTE"),
    out_of_step = remark("spacemoe.out_of_step", "No beginning of a message here", "SEQUENCE", "WARN"),
    repeated = remark("spacemoe.repeated", "Segment was sent again", "SEQUENCE", "NOTE"),
    clock = remark("spacemoe.clock", "Captured before it was sent: no nanoseconds in it?", "PROTOCOL", "WARN"),
    late = remark("spacemoe.late", "Result is late", "RESPONSE_CODE", "WARN"),
}
spacemoe.experts = experts

spacemoe.prefs.late_ms = Pref.uint("Late after (ms)", 0,
    "Warn of results that come more than so many milliseconds after their dispatch; 0: of none")

local time_to_live = Field.new("ip.ttl")
local interface = Field.new("frame.interface_id")

-- What has been seen in this capture, filled while frames are read for the first time.
local messages, exchanges, streams, stream_count, blanks

local function forget()
    messages, exchanges, streams, stream_count, blanks = {}, {}, {}, 0, {}
end
forget()
spacemoe.init = forget

-- Reading a header ------------------------------------------------------------------------------------------

-- Fields of the header: name, offset, bytes.
local LAYOUT = {
    { "magic", 0, 4 }, { "version", 4, 1 }, { "kind", 5, 1 }, { "layer", 6, 2 }, { "request", 8, 4 },
    { "token", 12, 4 }, { "expert", 16, 2 }, { "segment", 18, 2 }, { "segments", 20, 2 }, { "about", 22, 1 },
    { "copy", 23, 1 }, { "message_bytes", 24, 4 }, { "sent", 28, 8 },
}

-- The header at the beginning of a tvb, which must have all of it. Read from one string: ranges of a tvb cost.
local function read_header(tvb)
    local raw = tvb:raw(0, HEADER_BYTES)
    local header = {
        magic = raw:sub(1, 4),
        sent = raw:byte(29) > 0 and EXACT or nil, -- later than any simulation
        -- Same in all segments and copies of a message, different in different messages.
        identity = raw:sub(6, 18) .. raw:sub(21, 22) .. raw:sub(25, 36),
        step = raw:sub(7, 18), -- layer, request, token, expert: a dispatch and its result
    }
    for _, each in ipairs(LAYOUT) do
        local name, offset, length = each[1], each[2], each[3]
        if not header[name] then
            local value = 0
            for place = offset + 1, offset + length do
                value = value * 256 + raw:byte(place)
            end
            header[name] = value
        end
    end
    return header
end

local function is_control(header) return header.kind == ACKNOWLEDGEMENT or header.kind == REPEAT end

-- What is wrong with the length of a segment of a message, or nil. All but the last are equally long.
local function wrong_length(header, payload)
    local total, last = header.message_bytes, header.segments - 1
    if last == 0 then
        return payload ~= total and
            string.format("message of %d bytes, %d bytes behind the header", total, payload)
    end
    local full = payload
    if header.segment == last then
        full = (total - payload) / last
        if full ~= math.floor(full) or full < payload then
            return string.format("last of %d segments of a message of %d bytes has %d", last + 1, total, payload)
        end
    end
    if full * last >= total or full * (last + 1) < total then
        return string.format("%d segments of %d bytes make no message of %d bytes", last + 1, full, total)
    end
end

-- What a receiver, or anybody, would object to in a header and its payload, or nil.
local function objection(header, payload)
    if header.magic ~= MAGIC then
        return "magic is not SMoE"
    elseif header.version ~= VERSION then
        return string.format("version %d is not %d", header.version, VERSION)
    elseif not KINDS[header.kind] then
        return string.format("kind %d is none of 1 to 5", header.kind)
    elseif header.segment >= header.segments then
        return string.format("segment %d of %d segments, which are numbered from 0", header.segment,
            header.segments)
    elseif is_control(header) and (header.about < DISPATCH or header.about > RESIDUAL) then
        return string.format("about %d is none of 1 to 3", header.about)
    elseif not is_control(header) and header.about ~= 0 then
        return string.format("about %d in a message, must be 0", header.about)
    end
    local of = is_control(header) and header.about or header.kind
    if (of == RESIDUAL) ~= (header.expert == NO_EXPERT) then
        return string.format("%s with expert %d", KINDS[of], header.expert)
    elseif header.kind == ACKNOWLEDGEMENT then
        return (payload ~= 0 or header.message_bytes ~= 0) and "acknowledgement with something behind it"
    elseif header.kind == REPEAT then
        if payload ~= header.message_bytes or payload == 0 then
            return string.format("bitmap of %d bytes, %d bytes behind the header", header.message_bytes, payload)
        end
        return math.floor((header.segments - header.segment + 7) / 8) < payload and "bitmap beyond the last segment"
    end
    return wrong_length(header, payload)
end

-- Remembering what was seen ---------------------------------------------------------------------------------

-- The content of a segment; zeros, which they nearly all are, are kept once for each length.
local function kept(tvb)
    local length = tvb:len() - HEADER_BYTES
    if length == 0 then
        return ""
    end
    local content = tvb:raw(HEADER_BYTES, length)
    local blank = blanks[length]
    if not blank then
        blank = string.rep("\0", length)
        blanks[length] = blank
    end
    return content == blank and blank or content
end

-- Put a segment to the others of its message that were seen at the same place: the same interface, as many hops
-- from the sender. Both ends of a link may be in one capture; then what was there already belongs to the next
-- sighting.
local function sight(header, pinfo, content)
    local message = messages[header.identity]
    if not message then
        message = { places = {}, by_frame = {} }
        messages[header.identity] = message
    end
    local at, hops = interface(), time_to_live()
    local place = string.format("%s %s %s %s", tostring(at and at.value), tostring(hops and hops.value),
        tostring(pinfo.src), tostring(pinfo.dst))
    local sightings = message.places[place]
    if not sightings then
        sightings = {}
        message.places[place] = sightings
    end
    local sending = header.segment * 256 + header.copy
    local chosen
    for _, each in ipairs(sightings) do
        if not each.sendings[sending] then
            chosen = each
            break
        end
    end
    if not chosen then
        chosen = { sendings = {}, frames = {}, contents = {}, missing = header.segments }
        sightings[#sightings + 1] = chosen
    end
    chosen.sendings[sending] = true
    message.by_frame[pinfo.number] = chosen
    if chosen.frames[header.segment] then
        chosen.copies = chosen.copies or {}
        chosen.copies[pinfo.number] = chosen.frames[header.segment]
        return
    end
    chosen.frames[header.segment] = pinfo.number
    chosen.contents[header.segment] = content
    chosen.missing = chosen.missing - 1
    if chosen.missing == 0 then
        chosen.complete = pinfo.number
    end
end

-- Take a dispatch, or a result that is complete, to the other.
local function pair(header, pinfo, is_complete)
    local exchange = exchanges[header.step]
    if not exchange then
        exchange = { header = header }
        exchanges[header.step] = exchange
    end
    local now = pinfo.abs_ts
    if header.kind == DISPATCH and (not exchange.began or now < exchange.began) then
        exchange.began, exchange.dispatch = now, pinfo.number
    elseif header.kind == RESULT and is_complete and (not exchange.ended or now >= exchange.ended) then
        exchange.ended, exchange.result = now, pinfo.number
    end
end

local function remember(header, pinfo, content)
    local name = string.format("%d.%d", header.request, header.token)
    if not streams[name] then
        streams[name] = stream_count
        stream_count = stream_count + 1
    end
    if is_control(header) then
        return
    end
    sight(header, pinfo, content)
    if header.kind ~= RESIDUAL then
        pair(header, pinfo, messages[header.identity].by_frame[pinfo.number].complete == pinfo.number)
    end
end

-- Showing ---------------------------------------------------------------------------------------------------

-- Add what is derived rather than read, if anybody looks at it.
local function add_generated(tree, field, value)
    if tree:referenced(field) then
        return tree:add(field, value):set_generated()
    end
    return tree
end

local function duration(ns)
    local seconds = math.floor(ns / NS_PER_S)
    return NSTime.new(seconds, math.floor(ns - seconds * NS_PER_S))
end

local function nanoseconds(seconds) return math.floor(seconds * NS_PER_S + 0.5) end

local function show_fields(tvb, tree)
    for _, each in ipairs(LAYOUT) do
        if each[2] + each[3] > tvb:len() then
            return
        end
        local field = fields[each[1]]
        if tree:referenced(field) then -- or nobody looks at it
            local range = tvb(each[2], each[3])
            local item = tree:add(field, range)
            if field == fields.expert and range:uint() == NO_EXPERT then
                item:append_text(" (residual)")
            end
        end
    end
end

local function show_bitmap(header, tvb, tree)
    local bytes = tvb:len() - HEADER_BYTES
    if bytes <= 0 then
        return
    end
    local range = tvb(HEADER_BYTES, bytes)
    local item, count = tree:add(fields.bitmap, range), 0
    for place = 0, bytes - 1 do
        local byte = tvb(HEADER_BYTES + place, 1):uint()
        for bit = 0, 7 do
            if math.floor(byte / 2 ^ (7 - bit)) % 2 == 1 then
                count = count + 1
                if count <= MOST_NAMED then
                    add_generated(item, fields.missing, header.segment + place * 8 + bit)
                end
            end
        end
    end
    add_generated(tree, fields.missing_count, count)
end

local function show_age(header, pinfo, tree)
    local age = nanoseconds(pinfo.abs_ts) - header.sent
    if header.sent >= EXACT or age < 0 then
        tree:add_proto_expert_info(experts.clock)
        return
    end
    add_generated(tree, fields.age, duration(age))
end

local function show_reassembled(sighting, header, tree)
    local item = add_generated(tree, fields.segment_count, header.segments)
    local parts = {}
    for segment = 0, header.segments - 1 do
        if segment < MOST_NAMED then
            add_generated(item, fields.segment_frame, sighting.frames[segment])
        end
        parts[segment + 1] = sighting.contents[segment] -- none if the capture cut it
    end
    add_generated(tree, fields.reassembled_bytes, header.message_bytes)
    if tree:referenced(fields.message) and #parts == header.segments and header.message_bytes > 0 then
        local whole = ByteArray.new(table.concat(parts), true):tvb("Reassembled message")
        tree:add(fields.message, whole()):set_generated()
    end
end

local function show_sighting(header, pinfo, tree)
    local message = messages[header.identity]
    local sighting = message and message.by_frame[pinfo.number]
    if not sighting then
        return
    end
    local first = sighting.copies and sighting.copies[pinfo.number]
    if first then
        add_generated(tree, fields.copy_of, first)
        tree:add_proto_expert_info(experts.repeated)
    elseif header.segments > 1 and sighting.complete == pinfo.number then
        show_reassembled(sighting, header, tree)
    elseif header.segments > 1 and sighting.complete then
        add_generated(tree, fields.reassembled_in, sighting.complete)
    end
    return sighting.complete == pinfo.number
end

local function show_response(header, pinfo, tree, is_complete)
    local exchange = exchanges[header.step]
    if not exchange then
        return
    elseif header.kind == DISPATCH and exchange.result then
        add_generated(tree, fields.response_in, exchange.result)
    elseif header.kind == RESULT and is_complete and exchange.dispatch then
        local took = nanoseconds(pinfo.abs_ts) - nanoseconds(exchange.began)
        if took >= 0 then
            add_generated(tree, fields.response_to, exchange.dispatch)
            add_generated(tree, fields.response_time, duration(took))
            if spacemoe.prefs.late_ms > 0 and took > spacemoe.prefs.late_ms * 1000000 then
                tree:add_proto_expert_info(experts.late)
            end
        end
    end
end

local function summary(header)
    local kind = KINDS[header.kind]
    if is_control(header) then
        kind = string.format("%s, %s", kind, ABOUT[header.about])
    end
    local words = string.format("Request %d, token %d, layer %d: %s", header.request, header.token, header.layer, kind)
    if header.expert ~= NO_EXPERT then
        words = string.format("%s, expert %d", words, header.expert)
    end
    if header.segments > 1 and header.kind ~= ACKNOWLEDGEMENT then
        words = string.format("%s, segment %d/%d", words, header.segment, header.segments)
    end
    return header.copy > 0 and string.format("%s, copy %d", words, header.copy) or words
end

-- Say what is wrong, in the tree and in the info column.
local function complain(tree, words)
    tree:add_proto_expert_info(experts.malformed, "Malformed: " .. words)
    return "Malformed: " .. words
end

-- Dissect one message, segment or control message, and return what the info column says of it.
local function dissect_one(tvb, pinfo, root)
    local tree = root:add(spacemoe, tvb())
    show_fields(tvb, tree)
    if tvb:reported_len() < HEADER_BYTES then
        return complain(tree, string.format("%d bytes, a header has %d", tvb:reported_len(), HEADER_BYTES))
    elseif tvb:len() < HEADER_BYTES then
        tree:add_proto_expert_info(experts.cut)
        return "Cut short by the capture"
    end
    local header, payload = read_header(tvb), tvb:reported_len() - HEADER_BYTES
    local is_cut = tvb:len() < tvb:reported_len()
    if is_cut then
        tree:add_proto_expert_info(experts.cut)
    end
    local wrong = objection(header, payload)
    if header.kind == REPEAT then
        show_bitmap(header, tvb, tree)
    elseif tvb:len() > HEADER_BYTES and tree:referenced(fields.data) then
        tree:add(fields.data, tvb(HEADER_BYTES))
    end
    if wrong then
        return complain(tree, wrong)
    end
    if not pinfo.visited then
        remember(header, pinfo, not is_cut and kept(tvb) or nil)
    end
    local name = string.format("%d.%d", header.request, header.token)
    add_generated(tree, fields.token_id, name)
    if streams[name] then
        add_generated(tree, fields.stream, streams[name])
    end
    show_age(header, pinfo, tree)
    if not is_control(header) then
        show_response(header, pinfo, tree, show_sighting(header, pinfo, tree))
    end
    local words = summary(header)
    tree:append_text(", " .. words)
    return words
end

-- Over UDP a datagram is a message, a segment of one, or a control message. Over TCP messages follow each other,
-- wherever packets begin ------------------------------------------------------------------------------------

local function dissect_datagram(tvb, pinfo, root)
    local words = dissect_one(tvb, pinfo, root)
    pinfo.cols.protocol:set("SpaceMoE")
    pinfo.cols.info:set(words)
    return tvb:reported_len()
end

-- Bytes of the stream that belong to no message whose beginning was seen, up to the next one.
local function dissect_rest(tvb, offset, root)
    local content = tvb:raw(offset, tvb:len() - offset)
    local next_one = content:find(MAGIC, 2, true)
    local length = next_one and next_one - 1 or #content
    local tree = root:add(spacemoe, tvb(offset, length))
    tree:add_proto_expert_info(experts.out_of_step)
    return length
end

-- How long the message at an offset is, as far as that can be known; nil if none begins there.
local function message_length(tvb, offset)
    local left = tvb:len() - offset
    local magic = math.min(left, 4)
    if tvb:raw(offset, magic) ~= MAGIC:sub(1, magic) then
        return nil
    elseif left < HEADER_BYTES then
        return HEADER_BYTES
    end
    local length = tvb(offset + 24, 4):uint()
    return length <= MOST_MESSAGE_BYTES and HEADER_BYTES + length or left
end

local function dissect_stream(tvb, pinfo, root)
    local offset, said = 0, {}
    while offset < tvb:len() do
        local left, length = tvb:len() - offset, message_length(tvb, offset)
        if not length then
            offset = offset + dissect_rest(tvb, offset, root)
            said[#said + 1] = "No beginning of a message"
        elseif left < length and pinfo.can_desegment > 0 and tvb:len() == tvb:reported_len() then
            pinfo.desegment_offset = offset
            pinfo.desegment_len = left < HEADER_BYTES and DESEGMENT_ONE_MORE_SEGMENT or length - left
            break
        else
            local known = math.min(length, left)
            local part = tvb(offset, known):tvb()
            if known < length and known >= HEADER_BYTES then
                local tree = root:add(spacemoe, part())
                show_fields(part, tree)
                tree:add_proto_expert_info(experts.cut)
                said[#said + 1] = "Beginning of a message"
            else
                said[#said + 1] = dissect_one(part, pinfo, root)
            end
            offset = offset + known
        end
    end
    if #said > 0 then
        pinfo.cols.protocol:set("SpaceMoE")
        pinfo.cols.info:set(table.concat(said, "; "))
    end
    return tvb:len()
end

local function dissect(tvb, pinfo, root)
    if tvb:len() == 0 then
        return 0
    elseif pinfo.port_type == PORT_TYPE_TCP then
        return dissect_stream(tvb, pinfo, root)
    end
    return dissect_datagram(tvb, pinfo, root)
end

spacemoe.dissector = dissect

local function recognise(tvb, pinfo, root)
    if tvb:len() < #MAGIC or tvb:raw(0, #MAGIC) ~= MAGIC then
        return false
    end
    pinfo.conversation = spacemoe -- what follows between these ports is ours, even if it does not look so
    dissect(tvb, pinfo, root)
    return true
end

spacemoe:register_heuristic("udp", recognise)
spacemoe:register_heuristic("tcp", recognise)
for _, ports in ipairs({ "udp.port", "tcp.port" }) do
    DissectorTable.get(ports):add_for_decode_as(spacemoe)
end

-- Late results: tshark -z spacemoe,late, and Tools > SpaceMoE ------------------------------------------

local MOST_SHOWN = 10

-- The results that took longest, next to the fastest of the same layer and expert.
local function late_results()
    local rows, fastest = {}, {}
    for _, each in pairs(exchanges) do
        if each.dispatch and each.result and each.ended >= each.began then
            local route = each.header.layer * (NO_EXPERT + 1) + each.header.expert
            local row = { exchange = each, took = each.ended - each.began, route = route }
            rows[#rows + 1] = row
            fastest[route] = math.min(fastest[route] or row.took, row.took)
        end
    end
    for _, row in ipairs(rows) do
        row.over = row.took - fastest[row.route]
    end
    table.sort(rows, function(a, b)
        return a.over > b.over or (a.over == b.over and a.exchange.dispatch < b.exchange.dispatch)
    end)
    local lines = {
        "From dispatch to result, as this capture shows it, and over the fastest of the same layer and expert",
        string.format("%12s  %12s  %7s  %6s  %5s  %6s  %14s  %12s", "over, ms", "took, ms", "request", "token",
            "layer", "expert", "dispatch frame", "result frame"),
    }
    for place = 1, math.min(#rows, MOST_SHOWN) do
        local row, header = rows[place], rows[place].exchange.header
        lines[#lines + 1] = string.format("%12.6f  %12.6f  %7d  %6d  %5d  %6d  %14d  %12d", row.over * 1000,
            row.took * 1000, header.request, header.token, header.layer, header.expert, row.exchange.dispatch,
            row.exchange.result)
    end
    return table.concat(lines, "\n") .. "\n"
end

register_stat_cmd_arg("spacemoe,late", function()
    local tap = Listener.new("frame")
    function tap.draw() io.stdout:write(late_results()) end
end)

if gui_enabled() then
    local function follow(name)
        set_filter(string.format('spacemoe.token_id == "%s"', name))
        apply_filter()
    end

    register_menu("SpaceMoE/Late results", function()
        local window = TextWindow.new("SpaceMoE: late results")
        window:set(late_results())
    end, MENU_TOOLS_UNSORTED)

    register_menu("SpaceMoE/Follow a token", function()
        new_dialog("Follow a token", function(request, token)
            if request:match("^%d+$") and token:match("^%d+$") then
                follow(request .. "." .. token)
            end
        end, "Request", "Token")
    end, MENU_TOOLS_UNSORTED)

    if register_packet_menu then -- Wireshark 4.2 and later
        register_packet_menu("SpaceMoE/Follow this token", function(...)
            for _, each in ipairs({ ... }) do
                if each.name == "spacemoe.token_id" then
                    return follow(each.value)
                end
            end
        end, "spacemoe.token_id")
    end
end
