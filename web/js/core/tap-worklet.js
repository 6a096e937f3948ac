/** Runs in the audio thread: hands the microphone's samples to the page in pieces of about 20 ms. */

const scope = /** @type {any} */ (globalThis);
const PIECE = 1024;

class Tap extends scope.AudioWorkletProcessor {
  constructor() {
    super();
    this.piece = new Float32Array(PIECE);
    this.filled = 0;
  }

  /** @param {Float32Array[][]} inputs */
  process(inputs) {
    const samples = inputs[0]?.[0];
    if (samples) {
      for (const sample of samples) {
        this.piece[this.filled] = sample;
        this.filled += 1;
        if (this.filled === PIECE) {
          /** @type {any} */ (this).port.postMessage(this.piece, [this.piece.buffer]);
          this.piece = new Float32Array(PIECE);
          this.filled = 0;
        }
      }
    }
    return true;
  }
}

scope.registerProcessor("tap", Tap);
