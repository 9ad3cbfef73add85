// Two clocks, one at a time: the constellation's, and a token's. Each knows its length, its speeds and its steps.

const SKY_SPEEDS = [1, 10, 60, 300, 1000]; // times real time
const TOKEN_SPEEDS_MS = [0.01, 0.1, 0.5, 1, 2, 5, 10, 20, 50, 100, 500]; // of the token's time in a second
const TOKEN_LASTS_S = 45; // at the speed that is chosen first
const MOST_FRAME_S = 0.25; // a page that was hidden does not leap

class Player {
  constructor({ lengthNs, speeds, speed, name, steps }) {
    Object.assign(this, { lengthNs, speeds, speed, name, steps });
    this.ns = 0;
    this.isPlaying = false;
  }

  // The constellation's clock; steps are slots.
  static ofSky(sky, slotNs) {
    const lengthNs = sky.endMs * NS_PER_MS;
    const step = slotNs || lengthNs / 200;
    return new Player({
      lengthNs, speeds: SKY_SPEEDS, speed: 60, name: (speed) => `${speed} × real time`,
      steps: (ns, by) => (by > 0 ? Math.floor(ns / step + 1e-6) + 1 : Math.ceil(ns / step - 1e-6) - 1) * step,
    });
  }

  // A token's clock; steps are the pieces of its way.
  static ofWay(way) {
    const wanted = way.latencyNs / NS_PER_MS / TOKEN_LASTS_S;
    const speed = TOKEN_SPEEDS_MS.find((each) => each >= wanted) ?? TOKEN_SPEEDS_MS[TOKEN_SPEEDS_MS.length - 1];
    return new Player({
      lengthNs: way.latencyNs, speeds: TOKEN_SPEEDS_MS.map((each) => each / 1000), speed: speed / 1000,
      name: (each) => `${+(each * 1000).toPrecision(3)} ms a second`,
      steps: (ns, by) => {
        const piece = way.pieceAt(ns);
        return by < 0 && ns > way.beginNs[piece] ? way.beginNs[piece] : way.beginNs[Math.max(0, piece + by)];
      },
    });
  }

  moveTo(ns) {
    this.ns = Math.min(Math.max(ns, 0), this.lengthNs);
  }

  step(by) {
    this.moveTo(this.steps(this.ns, by));
  }

  play(isPlaying) {
    if (isPlaying && this.ns >= this.lengthNs) this.ns = 0;
    this.isPlaying = isPlaying;
  }

  advance(seconds) {
    this.moveTo(this.ns + Math.min(seconds, MOST_FRAME_S) * this.speed * 1e9);
    if (this.ns >= this.lengthNs) this.isPlaying = false;
  }

  faster(by) {
    const place = this.speeds.indexOf(this.speed) + by;
    this.speed = this.speeds[Math.min(this.speeds.length - 1, Math.max(0, place))];
  }
}
