import { isSameIncarnation } from '../toolstack/incarnation.js';
import type { Incarnation } from '../toolstack/incarnation.js';

/** One boot of a domain in its log. */
export interface LoggedBoot extends Incarnation {
  /** The boot of the host: domids begin anew with each. */
  readonly host: string;
  /** When its console began, milliseconds since the epoch. */
  readonly began: number;
  readonly profile: string;
}

export type MarkKind =
  /** The byte here came at this time, and the bytes after it no earlier. */
  | { readonly mark: 'time' }
  /** The bytes from here on are this boot's. Repeated in each file, and when the profile became known. */
  | { readonly mark: 'boot'; readonly boot: LoggedBoot }
  /** This many bytes before here were dropped. */
  | { readonly mark: 'dropped'; readonly bytes: number }
  /** The log was switched off or on. */
  | { readonly mark: 'off' }
  | { readonly mark: 'on' };

/** `offset` counts from the beginning of the file, `at` is in milliseconds since the epoch. */
export type LogMark = MarkKind & { readonly offset: number; readonly at: number };

/** A line of an index file: `OFFSET TIME WHAT …`, in ASCII, for people too. */
export function formatMark(mark: LogMark): string {
  const words = [String(mark.offset), time(mark.at), mark.mark, ...details(mark)];
  return `${words.join(' ')}\n`;
}

/** @returns undefined when the line is not ours, or incomplete */
export function parseMark(line: string): LogMark | undefined {
  const [first = '', second = '', what, ...more] = line.split(' ');
  const offset = count(first);
  const at = Date.parse(second);
  if (offset === undefined || Number.isNaN(at)) return undefined;
  switch (what) {
    case 'time':
    case 'off':
    case 'on':
      return more.length === 0 ? { mark: what, offset, at } : undefined;
    case 'dropped': {
      const bytes = count(more[0] ?? '');
      return bytes === undefined || more.length !== 1 ? undefined : { mark: what, offset, at, bytes };
    }
    case 'boot': {
      const [uuid = '', domidText = '', host = '', beganText = '', profile] = more;
      const domid = count(domidText);
      const began = Date.parse(beganText);
      if (domid === undefined || Number.isNaN(began) || profile === undefined || more.length !== 5)
        return undefined;
      return { mark: what, offset, at, boot: { uuid: word(uuid), domid, host: word(host), began, profile } };
    }
    default:
      return undefined;
  }
}

/** The note at a gap. It is plain text, so a guest may print the same. */
export function gap(bytes: number): Buffer {
  return Buffer.from(`\r\n[postern: ${bytes} bytes were not kept]\r\n`);
}

export function isSameBoot(one: LoggedBoot | null, other: LoggedBoot | null): boolean {
  return isSameIncarnation(one, other) && one?.host === other?.host;
}

function details(mark: MarkKind): string[] {
  if (mark.mark === 'dropped') return [String(mark.bytes)];
  if (mark.mark !== 'boot') return [];
  const { uuid, domid, host, began, profile } = mark.boot;
  return [uuid || '-', String(domid), host || '-', time(began), profile];
}

function time(at: number): string {
  return new Date(at).toISOString();
}

function count(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function word(text: string): string {
  return text === '-' ? '' : text;
}
