import type { DomainName } from '../../policy/names.js';
import type { OperationRequest, OperationView } from '../../server/wire/operation.js';
import { called, isRunning } from './guest.js';
import type { Guest } from './guest.js';
import type { Life } from './life.js';
import type { ModelHost } from './model-host.js';
import type { Act } from './model-toolstack.js';
import { isFixed } from './model-configs.js';
import { DEADLINES, STATE } from './model-settings.js';

/** Milliseconds. A request may be judged by observations this old. */
const FRESH_MS = 5_000;
/**
 * Milliseconds that an operation may act beyond its steps, and that another run of the half may resume it
 * late.
 */
const RESUME_MS = 300_000;
const QUEUE_MS = 1_800_000;
/** The longest time of a listing, in which the half saw the domain that it acts on. */
const LIST_MS = 2_100;
/** For a guest that ran for less, xl's listing says that it had no processor at all. */
const LEAST_SEEN_MS = 100;
/** A guest may be seen as rebooting for this long. */
const REBOOT_SEEN_MS = 20_000;

/** One sending of a request. */
export interface Ask {
  readonly request: OperationRequest;
  readonly host: ModelHost;
  readonly boot: string;
  readonly life: Life;
  readonly at: number;
  /** When it was answered, or when the half died over it; Infinity until then. */
  until: number;
  answer: 'waiting' | 'accepted' | 'refused' | 'in doubt';
  code: string | null;
}

interface Told {
  readonly phase: OperationView['phase'];
  readonly isRecorded: boolean;
  readonly life: Life;
}

/**
 * Sees everything that is asked, done and reported, and finds violations. It knows nothing of how the half
 * works.
 */
export class Witness {
  readonly violations: string[] = [];
  readonly asks = new Map<string, Ask[]>();
  readonly told = new Map<string, Told>();
  readonly #say: (text: string) => void;
  readonly #lookedAtAll = new Map<ModelHost, number>();
  /** When each operation last called the toolstack. */
  readonly #begunAt = new Map<string, number>();
  /** The operations that began a create, with their domains. */
  readonly #creates = new Map<string, DomainName>();
  /** The results of each operation: the lines of its incarnations. */
  readonly #lines = new Map<string, ReadonlySet<number>>();

  constructor(say: (text: string) => void) {
    this.#say = say;
  }

  wrong(text: string): void {
    this.#say(`WRONG: ${text}`);
    this.violations.push(text);
  }

  asked(ask: Ask): void {
    const { id } = ask.request;
    this.asks.set(id, [...(this.asks.get(id) ?? []), ask]);
  }

  /** @param refusedWith the refusal's code; null when it was accepted */
  answered(ask: Ask, at: number, refusedWith: string | null, message = ''): void {
    const known = (this.asks.get(ask.request.id) ?? []).some(({ answer }) => answer === 'accepted');
    const isInDoubt = message.includes('It may still be done');
    if (known && refusedWith !== null && !isInDoubt)
      this.wrong(`${short(ask.request.id)} was accepted; asked again it is refused: ${refusedWith}`);
    ask.answer = refusedWith === null ? 'accepted' : isInDoubt ? 'in doubt' : 'refused';
    ask.code = refusedWith;
    ask.until = at;
  }

  /** The half reports the state of an operation. */
  tells(view: OperationView, life: Life): void {
    if (view.phase === 'queued' || view.phase === 'running') return;
    const isRecorded = view.unrecorded !== true;
    const before = this.told.get(view.id);
    const mustStay = before !== undefined && (before.isRecorded || before.life === life);
    if (mustStay && before.phase !== view.phase)
      this.wrong(`${short(view.id)} was told to be ${before.phase}, and then to be ${view.phase}`);
    if (before?.phase !== view.phase)
      this.#say(
        `  told: ${view.verb} ${view.domain} (${short(view.id)}) ${view.phase} ${view.failure?.message ?? ''}`,
      );
    this.told.set(view.id, { phase: view.phase, isRecorded, life });
  }

  looksAtAll(host: ModelHost): void {
    this.#lookedAtAll.set(host, host.time.now);
  }

  /** The operation for which a key is sent. */
  sysrqOn(name: DomainName): string {
    const keys = [...this.asks.values()]
      .flat()
      .filter(({ request }) => request.domain === name && request.verb === 'sysrq')
      .sort((one, other) => one.at - other.at);
    const open = keys.findLast(({ request, answer }) => answer === 'accepted' && !this.told.has(request.id));
    const last = open ?? keys.findLast(({ answer }) => answer !== 'refused');
    return last?.request.id ?? 'nobody';
  }

  /** The half calls the toolstack for an operation. */
  begins(act: Act, operation: string, name: DomainName, host: ModelHost, life: Life): void {
    this.#say(`  xl ${act} ${name} for ${short(operation)}`);
    this.#begunAt.set(operation, host.time.now);
    const asks = this.#meant(operation, host);
    const ask = asks.at(-1);
    const wrong = (text: string): void => {
      this.wrong(`xl ${act} ${name} for ${short(operation)}: ${text}`);
    };
    if (ask === undefined) {
      wrong('nobody asked for it, or it was refused');
      return;
    }
    const undoes = act === 'destroy' && ask.request.verb !== 'poweroff';
    if (asks.every(({ boot }) => boot !== host.boot)) wrong('it was asked in another boot of the host');
    const latest = Math.max(...asks.map(({ until }) => Math.min(until, host.time.now)));
    if (!undoes && host.time.now > latest + this.#canTake(ask, act, life))
      wrong(`it was asked ${Math.round((host.time.now - latest) / 1000)} s ago`);
    const told = this.told.get(operation);
    if (told !== undefined && (told.isRecorded || told.life === life))
      wrong(`it was told to be ${told.phase}`);
    if (!host.disk.keeps(STATE, `"id":"${operation}"`)) wrong('the request is not on the disk');
    if (act === 'create' && !host.disk.keeps(STATE, `"operation":"${operation}","step":"creating"`))
      wrong('that it creates is not on the disk');
    const newer = this.#accepted(host, name, ask.at);
    if (!undoes && newer !== undefined) wrong(`${newer.request.verb} was asked later and accepted`);
    if (act === 'create') this.#creates.set(operation, name);
  }

  /** An operation's create made an incarnation. */
  made(operation: string, { line }: Guest): void {
    this.#lines.set(operation, new Set([...(this.#lines.get(operation) ?? []), line]));
  }

  /** An act reaches an incarnation. */
  acted(act: Act, operation: string, guest: Guest, host: ModelHost): void {
    // With a UUID from the file, and a disk that could record neither the create nor its end, nobody can tell
    // the two incarnations apart.
    if (host.disk.wasUnwell && isFixed(guest.uuid) && guest.maker.who === 'operator') return;
    const asks = this.#meant(operation, host);
    const verb = asks.at(-1)?.request.verb;
    const isOwn = guest.maker.who === 'postern' && guest.maker.operation === operation;
    const wrong = (text: string): void => {
      this.wrong(`xl ${act} for ${short(operation)} on ${called(guest)} of ${guest.maker.who}: ${text}`);
    };
    if (act === 'unpause') {
      if (!isOwn) wrong('it did not make this incarnation');
      else this.#unpauses(guest, host, operation);
      return;
    }
    if (act === 'destroy' && this.#isOwnYetUnborn(operation, guest)) return;
    if (act === 'destroy' && isOwn && guest.paused && guest.ranBefore < LEAST_SEEN_MS) return;
    if (asks.some((ask) => this.#isTakenForReboot(ask, guest))) return;
    if (act === 'destroy' && isOwn && guest.ranFirstAt >= (this.#begunAt.get(operation) ?? 0) - LIST_MS)
      return;
    const expected = {
      shutdown: 'shutdown',
      reboot: 'reboot',
      destroy: 'poweroff',
      sysrq: 'sysrq',
      create: '',
    }[act];
    const shutsDownFirst = act === 'shutdown' && (verb === 'rescue' || verb === 'normal');
    if (verb !== expected && !shutsDownFirst) wrong(`it was asked for ${verb ?? 'nothing'}`);
    if (!asks.some((ask) => this.#meansIt(ask, guest))) wrong('another incarnation was meant');
  }

  /** Checks that no window holds more accepted creates than the limit. */
  checkCreates(count: number, windowMs: number): void {
    const made = [...this.#creates].flatMap(([operation, domain]) => {
      const asks = (this.asks.get(operation) ?? []).filter(({ answer }) => answer === 'accepted');
      return asks.slice(0, 1).map(({ at, until }) => ({ domain, at, until }));
    });
    for (const first of made) {
      const within = made.filter(
        ({ domain, at, until }) => domain === first.domain && at >= first.at && until - first.at < windowMs,
      );
      if (within.length > count)
        this.wrong(`${first.domain} was made ${within.length} times within the window`);
    }
  }

  #meant(operation: string, host: ModelHost): readonly Ask[] {
    const asks = this.asks.get(operation) ?? [];
    return asks.filter((ask) => ask.host === host && ask.answer !== 'refused');
  }

  #canTake({ request, life: asked }: Ask, act: Act, life: Life): number {
    const { shutdownSeconds, createSeconds, rebootSeconds, destroySeconds } = DEADLINES;
    const resumed = asked !== life;
    switch (request.verb) {
      case 'shutdown':
        return shutdownSeconds * 1000 + RESUME_MS;
      case 'reboot':
        return rebootSeconds * 1000 + RESUME_MS;
      case 'poweroff':
        return destroySeconds * 1000 + RESUME_MS;
      case 'sysrq':
        return 30_000 + RESUME_MS;
      default: {
        if (resumed && act !== 'shutdown') return RESUME_MS;
        const seconds = shutdownSeconds + createSeconds + destroySeconds;
        return seconds * 1000 + QUEUE_MS + RESUME_MS;
      }
    }
  }

  /**
   * Others unpaused what the operation was making, and it rebooted at once, while the half was away. Its
   * successor never ran: the server is off, as the operation reports.
   */
  #isOwnYetUnborn(operation: string, guest: Guest): boolean {
    const lines = this.#lines.get(operation);
    if (lines === undefined || guest.ranFirstAt !== Infinity) return false;
    // Or an operator removed what it had made, and made the same with the UUID from the file, and has not run
    // it either.
    const isTwin = guest.maker.who === 'operator' && isFixed(guest.uuid);
    return isTwin || (guest.maker.who === 'reboot' && lines.has(guest.line));
  }

  /**
   * A power-off during a reboot, or during a boot with another profile, also ends what comes of it. With a
   * UUID from the file, nobody can tell it from an operator's domain made in these seconds.
   */
  #isTakenForReboot({ request, host, at }: Ask, guest: Guest): boolean {
    if (request.verb !== 'poweroff' || !isFixed(guest.uuid) || guest.maker.who !== 'operator') return false;
    return [...this.asks.values()]
      .flat()
      .some(
        (other) =>
          other.host === host &&
          other.request.domain === request.domain &&
          ['reboot', 'rescue', 'normal'].includes(other.request.verb) &&
          other.answer === 'accepted' &&
          other.at <= at &&
          guest.bornAt - other.at <= REBOOT_SEEN_MS,
      );
  }

  #accepted(host: ModelHost, name: DomainName, after: number): Ask | undefined {
    for (const asks of this.asks.values()) {
      const newer = asks.find(
        (ask) =>
          ask.host === host && ask.request.domain === name && ask.answer === 'accepted' && ask.at > after,
      );
      if (newer !== undefined && asks.every(({ at }) => at > after)) return newer;
    }
    return undefined;
  }

  /**
   * Whether a request meant this incarnation: it existed at the time of the request, or it came from one that
   * was just rebooting.
   */
  #meansIt({ request, host, boot, at, until }: Ask, guest: Guest): boolean {
    if (guest.boot !== boot) return false;
    const from = at - FRESH_MS;
    if (
      [guest.name, guest.firstName].includes(request.domain) &&
      guest.bornAt <= until &&
      (guest.goneAt ?? Infinity) >= from
    )
      return true;
    if (request.verb !== 'poweroff') return false;
    return host.reboots.some(
      (reboot) =>
        reboot.line === guest.line &&
        reboot.from <= until + REBOOT_SEEN_MS &&
        reboot.until >= from - REBOOT_SEEN_MS,
    );
  }

  #unpauses(guest: Guest, host: ModelHost, operation: string): void {
    const accepted = Math.min(...(this.asks.get(operation) ?? []).map(({ until }) => until));
    const since = Math.max(Math.min(accepted, host.time.now), this.#lookedAtAll.get(host) ?? 0);
    for (const { target, writable } of guest.shape.disks) {
      const other = host.guests.find(
        (each) =>
          each !== guest &&
          isRunning(each) &&
          each.bornAt < since &&
          each.shape.disks.some((disk) => disk.target === target && disk.writable && writable),
      );
      if (other !== undefined) this.wrong(`${called(guest)} and ${called(other)} write to ${target}`);
    }
  }
}

export function short(id: string): string {
  return `#${Number.parseInt(id.slice(0, 8), 16)}`;
}
