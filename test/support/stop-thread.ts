/** Stops this thread, as a host does that pauses the whole machine. Milliseconds. */
export function stopThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
