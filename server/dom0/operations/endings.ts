import { refusal, isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { incarnationOf, isIncarnation, targetOf } from '../toolstack/incarnation.js';
import type { HostIncarnation } from '../toolstack/incarnation.js';
import type { DomainName } from '../../../policy/names.js';
import type { ListedDomain } from '../toolstack/toolstack.js';
import { pause, unlessHalted } from './halt.js';
import type { Operation } from './operation.js';
import { standstill } from './standstill.js';
import type { WorkParts } from './work-parts.js';

/** Gives up after this many refused destroys of a domain that is still there. */
const DESTROY_TRIES = 3;
/** The toolstack itself gives a guest one minute to acknowledge. */
const ACKNOWLEDGE_MS = 90_000;

const startedAnew = (name: string): Refusal =>
  refusal(
    'undone',
    'It was started anew meanwhile, by itself or by somebody else. Nothing more was done. Try again.',
    `${name} is another incarnation`,
  );

const movedAway = (name: string): Refusal =>
  refusal(
    'undone',
    'It was moved or saved away by its host meanwhile. Nothing more was done.',
    `${name} was suspended and is gone: see where it went`,
  );

/** Ends incarnations: gracefully, at once, or with a reboot. */
export class Endings {
  readonly #parts: WorkParts;

  constructor(parts: WorkParts) {
    this.#parts = parts;
  }

  /**
   * Asks the guest to shut down and waits until the domain is gone: only then can a new one be created. The
   * call to the toolstack runs beside, because a guest that ignores it would block it for a minute.
   */
  async shutDown(operation: Operation, signal: AbortSignal): Promise<Refusal | null> {
    const { subject, request } = operation;
    if (subject === null) return null;
    const { deadlines, timings, observer, host } = this.#parts;
    const deadline = await this.#parts.records.step(operation, 'shutting-down', deadlines.shutdownSeconds);
    const asking = this.#ask('shutdown', operation);
    const departure = new Departure(observer, request.domain);
    let crashedSince: number | null = null;
    try {
      for (;;) {
        signal.throwIfAborted();
        if ((await unlessHalted(observer.look(), signal)) === null) {
          const listed = observer.listed(request.domain);
          const absence = departure.see(listed, operation.subject);
          if (absence === 'moved') return movedAway(request.domain);
          if (absence === 'ended') return null;
          // The toolstack may still be about to restart it, or write its memory down.
          crashedSince = listed?.flags.shutdown === 'crash' ? (crashedSince ?? host.uptime()) : null;
          const isKept = crashedSince !== null && host.uptime() - crashedSince >= timings.rebootAbsence;
          const stands = isKept ? standstill(observer.find(request.domain)) : null;
          if (stands !== null) return stands;
          if (listed !== null) {
            const is = await this.#follows(operation, listed, 'shutting-down', deadline);
            if (!is) return startedAnew(request.domain);
            const ending = listed.flags.shutdown !== null || listed.flags.dying;
            if (!ending && host.uptime() < deadline) asking.askOf(operation.subject ?? subject);
            if (!ending && asking.refused !== null && asking.refused.code !== 'undone') return asking.refused;
          }
        }
        if (host.uptime() >= deadline) {
          const late = `It has not shut down within ${deadlines.shutdownSeconds} s. Power off is possible.`;
          return standstill(observer.find(request.domain)) ?? refusal('deadline-passed', late);
        }
        await pause(host, timings.poll, signal);
      }
    } finally {
      asking.end();
    }
  }

  /**
   * Ends the incarnation now.
   *
   * @param follow the domain is rebooting: its next incarnation is recorded and ended as well. A reboot keeps
   * the UUID, so an incarnation with another UUID was made by somebody else.
   */
  async powerOff(operation: Operation, signal: AbortSignal, follow: boolean): Promise<Refusal | null> {
    const { domain } = operation.request;
    const { deadlines, timings, observer, toolstack, host } = this.#parts;
    const deadline = await this.#parts.records.step(operation, 'powering-off', deadlines.destroySeconds);
    let absentSince: number | null = null;
    let refused: Refusal | null = null;
    let tries = 0;
    let isDestroyed = false;
    const departure = new Departure(observer, domain);
    for (;;) {
      signal.throwIfAborted();
      const answered = (await unlessHalted(observer.look(), signal)) === null;
      const listed = answered ? observer.listed(domain) : null;
      const absence = answered ? departure.see(listed, operation.subject) : null;
      if (absence === 'moved' && !isDestroyed) return movedAway(domain);
      if (absence !== null) {
        absentSince ??= host.uptime();
        if (!follow || host.uptime() - absentSince >= timings.rebootAbsence) return null;
      }
      if (host.uptime() >= deadline) {
        return (
          refused ??
          refusal('deadline-passed', `It was still not off after ${deadlines.destroySeconds} s. Try again.`)
        );
      }
      if (listed !== null) {
        absentSince = null;
        if (!(await this.#follows(operation, listed, 'powering-off', deadline))) {
          const { uuid, domid } = incarnationOf(listed, host.boot);
          if (!follow || (operation.subject !== null && operation.subject.uuid !== uuid)) {
            return startedAnew(domain);
          }
          const left = (deadline - host.uptime()) / 1000;
          await this.#parts.records.step(operation, 'powering-off', left, { subject: { uuid, domid } });
          continue;
        }
        if (tries === DESTROY_TRIES && refused !== null) return refused;
        tries += 1;
        const target = targetOf(domain, incarnationOf(listed, host.boot));
        const call = this.#parts.transcripts.call(operation.id, 'destroy', deadlines.destroySeconds * 1000);
        refused = await unlessHalted(toolstack.destroy(target, call), signal);
        isDestroyed ||= refused === null;
        if (refused === null) continue;
      }
      await pause(host, timings.poll, signal);
    }
  }

  /** Asks the guest to reboot and waits until its next incarnation runs. */
  async reboot(operation: Operation, signal: AbortSignal): Promise<Refusal | null> {
    const { request } = operation;
    const { deadlines, timings, observer, host } = this.#parts;
    const deadline = await this.#parts.records.step(operation, 'rebooting', deadlines.rebootSeconds);
    const asking = this.#ask('reboot', operation);
    const departure = new Departure(observer, request.domain);
    let absentSince: number | null = null;
    try {
      for (;;) {
        signal.throwIfAborted();
        if ((await unlessHalted(observer.look(), signal)) === null) {
          const listed = observer.listed(request.domain);
          const absence = departure.see(listed, operation.subject);
          if (absence === 'moved') return movedAway(request.domain);
          if (absence === 'ended') {
            absentSince ??= host.uptime();
            if (host.uptime() - absentSince >= timings.rebootAbsence) {
              return refusal(
                'toolstack-failed',
                'It went off and did not come back.',
                `${request.domain} is not listed`,
              );
            }
          } else if (listed !== null) {
            absentSince = null;
            const { flags } = listed;
            const ending = flags.shutdown !== null || flags.dying;
            if (!(await this.#follows(operation, listed, 'rebooting', deadline))) {
              if (!ending && !flags.paused) return null;
            } else if (!ending) {
              if (host.uptime() < deadline && operation.subject !== null) asking.askOf(operation.subject);
              if (asking.refused !== null && asking.refused.code !== 'undone') return asking.refused;
            }
          }
        }
        if (host.uptime() >= deadline) {
          return refusal(
            'deadline-passed',
            `It was not up again within ${deadlines.rebootSeconds} s. Power off is possible.`,
          );
        }
        await pause(host, timings.poll, signal);
      }
    } finally {
      asking.end();
    }
  }

  /**
   * Whether the listed domain is the operation's subject. Where a migration within this host gave it another
   * domid, the operation goes on with that one, which is on the disk before it acts.
   *
   * @param deadline of the step, by the host's uptime in milliseconds
   */
  async #follows(
    operation: Operation,
    listed: ListedDomain,
    step: 'shutting-down' | 'powering-off' | 'rebooting',
    deadline: number,
  ): Promise<boolean> {
    const { observer, host, records } = this.#parts;
    const { subject, request } = operation;
    if (isIncarnation(listed, subject, host.boot)) return true;
    if (subject === null || subject.boot !== host.boot || !observer.goesOn(request.domain, subject))
      return false;
    const { uuid, domid } = incarnationOf(listed, host.boot);
    await records.step(operation, step, (deadline - host.uptime()) / 1000, { subject: { uuid, domid } });
    return true;
  }

  /**
   * A request to the guest that runs beside the wait and ends with it. It is repeated when the guest
   * acknowledged it and did nothing: Linux acknowledges a shutdown in the first seconds of its boot, and
   * loses it.
   */
  #ask(verb: 'shutdown' | 'reboot', operation: Operation): Asking {
    const { toolstack, observer, host, timings } = this.#parts;
    const ending = new AbortController();
    let isAsking = false;
    let takenAt: number | null = null;
    const asking: Asking = {
      refused: null,
      askOf: (subject) => {
        const isLost = takenAt === null || host.uptime() - takenAt >= timings.askAgain;
        if (isAsking || !isLost || asking.refused !== null) return;
        isAsking = true;
        const target = targetOf(operation.request.domain, subject);
        const call = {
          ...this.#parts.transcripts.call(operation.id, verb, ACKNOWLEDGE_MS),
          acpi: this.#parts.acpiButton && observer.find(operation.request.domain)?.guest.type === 'hvm',
          signal: ending.signal,
        };
        toolstack[verb](target, call).then(
          (refused) => {
            asking.refused = isRefusal(refused) ? refused : null;
            isAsking = false;
            takenAt = host.uptime();
          },
          (error: unknown) => {
            asking.refused = refusal(
              'internal',
              "Something went wrong on the host. Ask the host's operators.",
              String(error),
            );
          },
        );
      },
      end: () => {
        ending.abort();
      },
    };
    return asking;
  }
}

/** What the absence of a domain from the list means, by the listings before. */
class Departure {
  readonly #observer: WorkParts['observer'];
  readonly #domain: DomainName;
  #wasSuspended = false;

  constructor(observer: WorkParts['observer'], domain: DomainName) {
    this.#observer = observer;
    this.#domain = domain;
  }

  /**
   * Takes in a listing. @returns null while the domain is there or may come back under its name; `ended`: it
   * is gone; `moved`: it went to another host, or into a file
   */
  see(listed: ListedDomain | null, subject: HostIncarnation | null): 'ended' | 'moved' | null {
    if (listed !== null) {
      this.#wasSuspended = listed.flags.shutdown === 'suspend';
      return null;
    }
    const guest = this.#observer.onTheWay(this.#domain);
    if (guest === null) return this.#wasSuspended ? 'moved' : 'ended';
    const away = this.#observer.guest(guest);
    this.#wasSuspended ||= away?.uuid === subject?.uuid && away?.domid === subject?.domid;
    return null;
  }
}

interface Asking {
  refused: Refusal | null;
  /** Asks the guest, unless a call is under way or the last one is too recent. */
  askOf(subject: HostIncarnation): void;
  end(): void;
}
