import type { LogPage, PageQuery } from '../../server/gate/console-log/log-pages.js';

/** A boot, and the position where it begins. */
export interface PagedBoot {
  readonly from: number;
  readonly profile: string;
}

/** The pages of a log that is completely in memory. */
export class PagesInMemory {
  readonly bytes: Buffer;
  readonly boots: readonly PagedBoot[];
  asked = 0;

  constructor(bytes: Buffer | string, boots: readonly PagedBoot[] = []) {
    this.bytes = Buffer.from(bytes);
    this.boots = boots;
  }

  page(query: PageQuery): Promise<LogPage> {
    this.asked += 1;
    const end = this.bytes.length;
    const within = (position: number): number => Math.min(end, Math.max(0, position));
    const to = within(query.from === undefined ? (query.before ?? end) : query.from + query.bytes);
    const from = within(query.from ?? to - query.bytes);
    const boots = this.boots.flatMap((boot, at) => {
      const next = this.boots[at + 1]?.from ?? end;
      const own = boot.from <= Math.max(from, to - 1) && (next > from || at === this.boots.length - 1);
      const began = `2026-11-21T0${at % 10}:00:00.000Z`;
      return own ? [{ ...boot, began, to: next }] : [];
    });
    const at = { from, to, start: 0, end, boots };
    const head = { keeping: true, switchedAt: null, place: 'disk', boot: null, page: at } as const;
    return Promise.resolve({ head, at, bytes: this.bytes.subarray(from, to) });
  }
}
