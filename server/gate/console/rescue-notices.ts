import type { DomainName } from '../../../policy/names.js';
import type { Hosts } from '../hosts/hosts.js';
import type { Unsubscribe } from '../session/terminal.js';
import type { ConsoleWords } from './console-words.js';

/** How long before the end of a rescue customers are told of it. Milliseconds; 0 is the end itself. */
const WARNINGS = [15 * 60_000, 5 * 60_000, 0];
/** The longest wait until it looks again: a timer holds no more than 24 days. Milliseconds. */
const LONGEST_WAIT = 3_600_000;

interface RescueNoticesParts {
  readonly domain: DomainName;
  readonly hosts: Pick<Hosts, 'find' | 'onEvent'>;
  readonly words: Pick<ConsoleWords, 'rescueEnds' | 'rescueOver' | 'rescueRetry' | 'rescuePaused'>;
  /** Whether this customer may give the rescue more time. */
  readonly canExtend: () => boolean;
  /** Shows a line, if the customer may still see the console. */
  readonly announce: (line: string) => void;
}

/** Tells a customer on a console that the rescue of the domain ends: 15 and 5 minutes before, and at the end. */
export class RescueNotices {
  readonly #parts: RescueNoticesParts;
  readonly #unsubscribe: Unsubscribe;
  #timer: NodeJS.Timeout | null = null;
  /** The end of which the last warning was told, and that warning. */
  #told: { readonly end: string; readonly warning: number } | null = null;
  #toldRetry: string | null = null;
  /** The end that was told to wait for a paused guest. */
  #toldPaused: string | null = null;

  constructor(parts: RescueNoticesParts) {
    this.#parts = parts;
    this.#unsubscribe = parts.hosts.onEvent(({ event }) => {
      if (event.event === 'reachable' || (event.event === 'domain' && event.name === parts.domain))
        this.#review();
    });
    this.#review();
  }

  /** Twice is harmless. */
  dispose(): void {
    this.#unsubscribe();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #review(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const { domain, hosts, words, announce, canExtend } = this.#parts;
    const view = hosts.find(domain)?.view;
    const end = view?.rescueEnd ?? null;
    if (end === null) return;
    const left = Date.parse(end.at) - Date.now();
    const key = `${end.operation} ${end.forSeconds}`;
    const isPaused =
      end.why === 'paused' || (end.then === 'normal' && left <= 0 && view?.observation.state === 'paused');
    const warning = WARNINGS.findLast((before) => left <= before);
    const told = this.#told?.end === key ? this.#told.warning : Infinity;
    if (warning !== undefined && warning < told) {
      this.#told = { end: key, warning };
      if (warning > 0) announce(words.rescueEnds(domain, left, end.then, canExtend()));
      else if (!isPaused) announce(words.rescueOver(domain, end.then));
    }
    if (isPaused && this.#toldPaused !== key) {
      this.#toldPaused = key;
      announce(words.rescuePaused(domain));
    }
    if (end.retryAt !== null && end.retryAt !== this.#toldRetry) {
      this.#toldRetry = end.retryAt;
      if (!isPaused) announce(words.rescueRetry(domain, end.retryAt, end.why));
    }
    const next = WARNINGS.find((before) => left > before);
    if (next === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#review();
      },
      Math.min(left - next, LONGEST_WAIT),
    );
  }
}
