// Satellites, links, the Sun and the turning Earth at any time. Kilometres, TEME, milliseconds from the run's epoch.

const EARTH_RADIUS_KM = 6378.137; // equatorial, WGS 84
const FLATTENING = 1 / 298.257223563; // WGS 84
const J2000_MS = Date.UTC(2000, 0, 1, 12);
const MS_PER_DAY = 86_400_000;
const DEGREE = Math.PI / 180;

class Sky {
  constructor(data, { epoch, endNs }) {
    Object.assign(this, data);
    this.satellites = data.names.length;
    this.links = data.a.length;
    this.epochMs = Date.parse(`${epoch}Z`);
    const lastMs = data.knotMs[data.knotMs.length - 1];
    this.endMs = endNs ? Math.min(lastMs, endNs / NS_PER_MS) : lastMs;
    this.lastMs = lastMs; // tokens may take beyond the end of the last slot
    this.position = new Float32Array(3 * this.satellites);
    this.isUp = new Uint8Array(this.links);
    this.contact = Uint32Array.from(data.contactFrom.slice(0, this.links)); // of each link, the one looked at
    this.moveTo(0);
  }

  // Sets positions and links to those of a time.
  moveTo(ms) {
    this.ms = Math.min(Math.max(ms, 0), this.lastMs);
    this.interpolate();
    this.lookAtContacts();
  }

  // The cubic Hermite polynomial of positions and velocities at the knots around the time.
  interpolate() {
    const { knotMs, positionKm, velocity, velocityStepKmS, position } = this;
    const knot = Math.min(lastAtMost(knotMs, this.ms), knotMs.length - 2);
    const stepMs = knotMs[knot + 1] - knotMs[knot];
    const s = (this.ms - knotMs[knot]) / stepMs;
    const rest = 1 - s;
    const scale = (velocityStepKmS * stepMs) / 1000;
    const h00 = (1 + 2 * s) * rest * rest;
    const h10 = s * rest * rest * scale;
    const h01 = s * s * (3 - 2 * s);
    const h11 = s * s * (s - 1) * scale;
    const values = position.length;
    let before = knot * values;
    let after = before + values;
    for (let place = 0; place < values; place++, before++, after++) {
      position[place] =
        h00 * positionKm[before] + h10 * velocity[before] + h01 * positionKm[after] + h11 * velocity[after];
    }
  }

  // From one frame to the next hardly any link has another contact: each remembers its last.
  lookAtContacts() {
    const { contact, contactFrom, contactStartMs, contactEndMs, isUp, ms } = this;
    for (let link = 0; link < this.links; link++) {
      const first = contactFrom[link];
      const last = contactFrom[link + 1] - 1;
      let place = contact[link];
      while (place < last && contactStartMs[place + 1] <= ms) place++;
      while (place > first && contactStartMs[place] > ms) place--;
      contact[link] = place;
      isUp[link] = first <= last && contactStartMs[place] <= ms && ms < contactEndMs[place] ? 1 : 0;
    }
  }

  daysSinceJ2000(ms = this.ms) {
    return (this.epochMs + ms - J2000_MS) / MS_PER_DAY;
  }

  // Greenwich mean sidereal time, radians; IAU 1982, UT1 taken as UTC.
  siderealTime(ms = this.ms) {
    const t = this.daysSinceJ2000(ms) / 36_525;
    const seconds = 67_310.54841 + (876_600 * 3600 + 8_640_184.812866) * t + 0.093104 * t * t - 6.2e-6 * t * t * t;
    return ((((seconds % 86_400) + 86_400) % 86_400) / 86_400) * 2 * Math.PI;
  }

  // Direction of the Sun to 0.01 degrees; Astronomical Almanac, section C.
  sunDirection(ms = this.ms) {
    const days = this.daysSinceJ2000(ms);
    const anomaly = (357.528 + 0.9856003 * days) * DEGREE;
    const longitude = (280.46 + 0.9856474 * days + 1.915 * Math.sin(anomaly) + 0.02 * Math.sin(2 * anomaly)) * DEGREE;
    const obliquity = (23.439 - 4e-7 * days) * DEGREE;
    return [
      Math.cos(longitude),
      Math.cos(obliquity) * Math.sin(longitude),
      Math.sin(obliquity) * Math.sin(longitude),
    ];
  }

  // Geodetic latitude and longitude below a place in degrees.
  below(x, y, z) {
    let longitude = Math.atan2(y, x) - this.siderealTime();
    longitude -= 2 * Math.PI * Math.round(longitude / (2 * Math.PI));
    const across = Math.hypot(x, y);
    const eccentricity2 = FLATTENING * (2 - FLATTENING);
    let latitude = Math.atan2(z, across);
    for (let again = 0; again < 4; again++) {
      const sine = Math.sin(latitude);
      const curvature = EARTH_RADIUS_KM / Math.sqrt(1 - eccentricity2 * sine * sine);
      latitude = Math.atan2(z + curvature * eccentricity2 * sine, across);
    }
    return [latitude / DEGREE, longitude / DEGREE];
  }

  belowSatellite(satellite) {
    return this.below(...this.position.subarray(3 * satellite, 3 * satellite + 3));
  }

  // Whether a satellite is outside the cylinder of the Earth's shadow.
  isSunlit(satellite, sun) {
    const [x, y, z] = this.position.subarray(3 * satellite, 3 * satellite + 3);
    const along = x * sun[0] + y * sun[1] + z * sun[2];
    return along > 0 || x * x + y * y + z * z - along * along > EARTH_RADIUS_KM * EARTH_RADIUS_KM;
  }

  // How many links of each kind are up, and how many there are.
  counts() {
    const counts = this.kinds.map(() => ({ up: 0, all: 0 }));
    for (let link = 0; link < this.links; link++) {
      counts[this.kind[link]].all++;
      counts[this.kind[link]].up += this.isUp[link];
    }
    return counts;
  }
}
