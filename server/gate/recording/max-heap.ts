/** An item whose size gets smaller. */
interface Sized {
  readonly bytes: number;
  /** Of two items of one size, the one with the lower order is first. */
  readonly order: number;
}

/** A binary heap: the largest item is at hand, and finds its place again when it got smaller. */
export class MaxHeap<T extends Sized> {
  readonly #heap: T[];

  constructor(items: readonly T[]) {
    this.#heap = [...items];
    for (let at = this.#heap.length >> 1; at >= 0; at -= 1) this.#sinkFrom(at);
  }

  /** Undefined when there is none left. */
  get first(): T | undefined {
    return this.#heap[0];
  }

  /** Call it when the first item has got smaller. */
  sink(): void {
    this.#sinkFrom(0);
  }

  /** Removes the first item. */
  drop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sinkFrom(0);
  }

  #sinkFrom(from: number): void {
    const heap = this.#heap;
    for (let at = from; ;) {
      let largest = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (isBefore(heap[child], heap[largest])) largest = child;
      }
      const [one, other] = [heap[at], heap[largest]];
      if (largest === at || one === undefined || other === undefined) return;
      heap[at] = other;
      heap[largest] = one;
      at = largest;
    }
  }
}

function isBefore(one: Sized | undefined, other: Sized | undefined): boolean {
  if (one === undefined || other === undefined) return one !== undefined;
  return one.bytes === other.bytes ? one.order < other.order : one.bytes > other.bytes;
}
