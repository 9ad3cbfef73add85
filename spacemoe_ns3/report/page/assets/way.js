// The way of one token: pieces of its critical path, each with a beginning, an end and a place.

class Way {
  constructor(tokens, number, names) {
    this.tokens = tokens;
    this.names = names; // of pieces, kinds and satellites
    this.first = tokens.from[number];
    this.count = tokens.from[number + 1] - this.first;
    this.startNs = tokens.startNs[number];
    this.latencyNs = tokens.latencyNs[number];
    this.beginNs = new Float64Array(this.count + 1); // since the token's start
    for (let piece = 0; piece < this.count; piece++) {
      this.beginNs[piece + 1] = this.beginNs[piece] + tokens.durationNs[this.first + piece];
    }
    this.layers = 1 + tokens.layer.slice(this.first, this.first + this.count).reduce((a, b) => Math.max(a, b), -1);
  }

  pieceAt(ns) {
    return Math.max(0, Math.min(lastAtMost(this.beginNs, ns), this.count - 1));
  }

  of(piece) {
    const { tokens } = this;
    const row = this.first + piece;
    return {
      layer: tokens.layer[row],
      piece: this.names.pieces[tokens.piece[row]],
      kind: this.names.kinds[tokens.kind[row]],
      from: tokens.satellite[row],
      to: tokens.toSatellite[row],
      expert: tokens.expert[row],
      durationNs: tokens.durationNs[row],
      lightNs: tokens.lightNs[row],
      heldNs: Math.max(0, tokens.heldNs[row]),
    };
  }

  // How far along its link the packet is: it waits first, and then flies.
  progress(piece, ns) {
    const { to, lightNs, durationNs } = this.of(piece);
    if (to < 0) return 0;
    const flown = ns - this.beginNs[piece] - Math.max(0, durationNs - lightNs);
    return lightNs > 0 ? Math.min(Math.max(flown / lightNs, 0), 1) : 1;
  }

  // The first and the last piece of the layer that a piece is in.
  layerOf(piece) {
    const { layer } = this.of(piece);
    let first = piece;
    let last = piece;
    while (first > 0 && this.of(first - 1).layer === layer) first--;
    while (last < this.count - 1 && this.of(last + 1).layer === layer) last++;
    return [first, last];
  }

  // Which hop of its message a hop is, from 1, and how many the message has.
  hopOf(piece) {
    const { layer, piece: name } = this.of(piece);
    const isSame = (other) => {
      const about = this.of(other);
      return about.kind === "hop" && about.piece === name && about.layer === layer;
    };
    let first = piece;
    let last = piece;
    while (first > 0 && isSame(first - 1)) first--;
    while (last < this.count - 1 && isSame(last + 1)) last++;
    return [piece - first + 1, last - first + 1];
  }

  place(piece) {
    const { layer, piece: name } = this.of(piece);
    return layer < 0 || name === "head" ? "Head" : `Layer ${layer} (0 to ${this.layers - 1})`;
  }

  // What happens in a piece: computing, a hop, a queue.
  deed(piece) {
    const { piece: name, kind, expert } = this.of(piece);
    const who = name === "expert" ? `expert ${expert}` : name;
    const message = {
      dispatch: `hidden state to expert ${expert}`,
      result: `result of expert ${expert}`,
      residual: "residual stream to the next gateway",
    }[name];
    if (kind === "compute") return `compute: ${who}`;
    if (kind === "queue") return `queue: ${who} waits for a busy computer`;
    if (kind === "hop") return `hop ${this.hopOf(piece).join(" of ")}: ${message}`;
    if (kind === "leg") return `the whole way: ${message}`;
    if (kind === "retransmission") return `lost and sent again: ${message}`;
    return `waits for TCP: ${message}`;
  }

  where(piece) {
    const { from, to } = this.of(piece);
    const { satellites } = this.names;
    return to < 0 || to === from ? `at ${satellites[from]}` : `${satellites[from]} → ${satellites[to]}`;
  }

  howLong(piece) {
    const { durationNs, heldNs, to } = this.of(piece);
    return to < 0 || !heldNs ? shortTime(durationNs) : `${shortTime(durationNs)}, ${shortTime(heldNs)} of it not light`;
  }

  words(piece) {
    return `${this.place(piece)}; ${this.deed(piece)}; ${this.where(piece)}; ${this.howLong(piece)}`;
  }
}
