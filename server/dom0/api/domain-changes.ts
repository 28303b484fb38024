import type { IncomingMessage } from 'node:http';
import type { DomainName } from '../../../policy/names.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { ConsoleReleased } from '../../wire/console-release.js';
import {
  parseConsoleRelease,
  parseDiskClearing,
  parseLogSwitch,
  parseRescueExtension,
} from '../../wire/requests.js';
import type { Parser } from '../../wire/requests.js';
import type { RescueEnd } from '../../wire/rescue-end.js';
import type { RescueExtension } from '../../wire/rescue-extension.js';
import type { ConsoleHost } from '../observation/console-host.js';
import { parseJson, readBody } from './request-body.js';
import { requestedDomain } from './requested-domain.js';
import type { FindDomain } from './requested-domain.js';
import { TOO_MANY_REQUESTS } from '../operations/host-limits.js';
import { TokenBucket } from '../../wire/token-bucket.js';

/** Each switch of a log is written to the disk, and disk space is finite. So many at once, and one more each second. */
const LOG_SWITCHES = { most: 600, refillMs: 1_000 } as const;

export interface DomainChangesParts {
  readonly domain: FindDomain;
  extend(name: DomainName, extension: RescueExtension): Promise<RescueEnd | Refusal>;
  /** @returns a refusal while something is under way on the domain, or when it cannot be recorded */
  clearDisk(name: DomainName, admin: string): Promise<Refusal | null>;
  readonly consoles: Pick<ConsoleHost, 'release' | 'switchLog'>;
}

/** What a PUT changes of a domain at once, without an operation. */
export class DomainChanges {
  readonly #parts: DomainChangesParts;
  readonly #logSwitches = new TokenBucket(LOG_SWITCHES, () => performance.now());

  constructor(parts: DomainChangesParts) {
    this.#parts = parts;
  }

  async switchLog(key: string | undefined, request: IncomingMessage): Promise<object> {
    const asked = await this.#change(key, request, parseLogSwitch);
    if (isRefusal(asked)) return asked;
    if (!this.#logSwitches.spend()) return TOO_MANY_REQUESTS;
    await this.#parts.consoles.switchLog(asked.name, asked.wanted);
    return { keep: asked.wanted.keep };
  }

  async extend(key: string | undefined, request: IncomingMessage): Promise<RescueEnd | Refusal> {
    const asked = await this.#change(key, request, parseRescueExtension);
    return isRefusal(asked) ? asked : this.#parts.extend(asked.name, asked.wanted);
  }

  async clearDisk(key: string | undefined, request: IncomingMessage): Promise<object> {
    const asked = await this.#change(key, request, parseDiskClearing);
    if (isRefusal(asked)) return asked;
    return (await this.#parts.clearDisk(asked.name, asked.wanted.admin)) ?? { whole: true };
  }

  async release(key: string | undefined, request: IncomingMessage): Promise<ConsoleReleased | Refusal> {
    const asked = await this.#change(key, request, parseConsoleRelease);
    if (isRefusal(asked)) return asked;
    const until = await this.#parts.consoles.release(asked.name, asked.wanted);
    return { until: until === null ? null : new Date(until).toISOString() };
  }

  /** Reads the body of a PUT for a domain. @returns the domain's name and the parsed body */
  async #change<T>(
    key: string | undefined,
    request: IncomingMessage,
    parse: Parser<T>,
  ): Promise<{ readonly name: DomainName; readonly wanted: T } | Refusal> {
    const view = requestedDomain(this.#parts.domain, key);
    const body = await readBody(request);
    if (isRefusal(view)) return view;
    if (isRefusal(body)) return body;
    const wanted = parse(parseJson(body));
    return isRefusal(wanted) ? wanted : { name: view.name, wanted };
  }
}
