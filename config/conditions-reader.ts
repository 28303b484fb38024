import type { Conditions } from '../policy/conditions.js';
import type { BootProfileName } from '../policy/names.js';
import { UNKNOWN_PROFILE } from '../policy/names.js';
import { parseNetwork } from '../policy/network.js';
import type { WhenEntry } from '../policy/policy-schema.js';
import type { DocumentPath } from '../policy/schema-fault.js';
import type { TimeWindow } from '../policy/time-window.js';
import { isTimeZone, parseTimeWindow, TIME_WINDOW_WORDS } from '../policy/time-window.js';
import { forEachEntry, readEntries } from './entry-list.js';
import type { ProblemReport } from './problem-report.js';

/** Interprets the `when` of a policy's entries, and reports what is wrong in it. */
export class ConditionsReader {
  readonly #report: ProblemReport;

  constructor(report: ProblemReport) {
    this.#report = report;
  }

  /** @param path of the entry */
  when(entry: WhenEntry | undefined, path: DocumentPath): Conditions | null {
    if (entry === undefined) return null;
    const { from = [], times = [], zone = 'UTC', states = [], booted = [] } = entry;
    if (entry.zone !== undefined) this.#zone(zone, times.length > 0, [...path, 'zone']);
    forEachEntry(booted, [...path, 'booted'], (profile, at) => {
      if (profile !== UNKNOWN_PROFILE) return;
      this.#report.error({ path: at, message: 'What is not known meets no condition.' });
    });
    return {
      from: readEntries(from, [...path, 'from'], (text, at) => this.#network(text, at)),
      times: readEntries(times, [...path, 'times'], (text, at) => this.#times(text, at)),
      zone,
      states,
      booted: booted as readonly BootProfileName[],
    };
  }

  #network(text: string, path: DocumentPath): string | undefined {
    const network = parseNetwork(text);
    if (network === undefined) {
      const expected = 'a network or an address: 203.0.113.0/24, 2001:db8::/32';
      this.#report.error({ path, message: `"${text}" is no network.`, expected });
    } else if (!network.exact) {
      const message = `Bits of "${text}" stand behind its prefix: a network ends with zeros.`;
      this.#report.error({ path, message, suggestion: network.text });
    }
    return network?.text;
  }

  #times(text: string, path: DocumentPath): TimeWindow | undefined {
    const window = parseTimeWindow(text);
    if (window === undefined) {
      const message = `"${text}" is no time of the week.`;
      this.#report.error({ path, message, expected: TIME_WINDOW_WORDS });
    }
    return window;
  }

  #zone(zone: string, used: boolean, path: DocumentPath): void {
    if (!isTimeZone(zone)) {
      const candidates = ['UTC', ...Intl.supportedValuesOf('timeZone')];
      const message = `There is no time zone "${zone}".`;
      const expected = 'a name of the IANA database, like Europe/Berlin';
      this.#report.error({ path, message, expected, word: zone, candidates });
    } else if (!used) {
      const message = 'A zone without `times` says nothing.';
      this.#report.warn({ path, at: 'key', message });
    }
  }
}
