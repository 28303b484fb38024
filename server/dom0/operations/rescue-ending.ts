import { randomUUID } from 'node:crypto';
import type { DomainState } from '../../../policy/domain-state.js';
import type { DomainName } from '../../../policy/names.js';
import { UNKNOWN_PROFILE } from '../../../policy/names.js';
import { refusal } from '../../../policy/refusal.js';
import type { Refusal, RefusalCode } from '../../../policy/refusal.js';
import type { Logger } from '../../wire/logger.js';
import type { EndHindrance, RescueEnd } from '../../wire/rescue-end.js';
import type { RescueExtension } from '../../wire/rescue-extension.js';
import type { BootProfiles } from '../boot/boot-profiles.js';
import type { Ending } from './journal-record.js';
import type { ObservedDomain } from '../observation/observed-domain.js';
import type { HostClock } from '../scheduling/host-clock.js';
import type { Timings } from '../scheduling/timings.js';
import type { OperationRegistry } from './operation-registry.js';
import type { Operations } from './operations.js';
import { overAt } from './timed-rescues.js';
import type { TimedRescue } from './timed-rescues.js';

/** A domain that our own end left off is started this often, then left as it is. */
const MOST_STARTS = 6;

interface RescueEndingParts {
  readonly registry: Pick<OperationRegistry, 'rescues' | 'current' | 'latest' | 'incompleteDisk'>;
  readonly operations: Pick<Operations, 'end' | 'note' | 'noteLate'>;
  readonly observer: {
    find(name: DomainName): ObservedDomain | undefined;
    isListed(uuid: string): boolean;
  };
  readonly profiles: Pick<BootProfiles, 'end'>;
  readonly timings: Pick<Timings, 'rebootAbsence' | 'endRetry' | 'endRefusedRetry'>;
  readonly host: Pick<HostClock, 'boot' | 'uptime'>;
  /** The time of day, milliseconds since the epoch. */
  readonly clock: () => number;
  readonly logger: Logger;
  /** Called when the end of a domain's rescue has changed. */
  readonly changed: (name: DomainName) => void;
}

/** Of one rescue, since this half runs. Times are the host's uptime, milliseconds. */
interface Course {
  readonly operation: string;
  isEnding: boolean;
  /** Not tried before. */
  notBefore: number;
  offSince: number | null;
  crashedSince: number | null;
  starts: number;
  /** Why the last try did not end it. */
  why: EndHindrance | null;
}

/**
 * Ends rescues whose time is over. The time is counted by the host's uptime, which nobody can set. It acts when
 * the toolstack has just shown that the rescue still runs, and when no operation is under way on the domain.
 */
export class RescueEnding {
  readonly #parts: RescueEndingParts;
  readonly #courses = new Map<DomainName, Course>();
  #isActing = false;

  constructor(parts: RescueEndingParts) {
    this.#parts = parts;
  }

  /** Begins to act: call it when the operations of an earlier dom0 have been resumed. */
  start(): void {
    this.#isActing = true;
  }

  /** Call it after each listing of the toolstack. */
  looked(): void {
    if (!this.#isActing) return;
    for (const rescue of this.#parts.registry.rescues.list()) this.#look(rescue);
  }

  /** The end of the rescue that a domain runs; null when there is none. */
  view(domain: ObservedDomain): RescueEnd | null {
    const { registry, host, clock, profiles } = this.#parts;
    const rescue = registry.rescues.find(domain.name);
    if (rescue === null || !this.#mayRun(rescue, domain)) return null;
    const then = profiles.end(rescue.profile);
    if (then === null) return null;
    const timeOfDay = (uptime: number): string => {
      // Rounded, because the two clocks are read one after the other.
      const seconds = Math.round((clock() + uptime - host.uptime()) / 1000);
      return new Date(seconds * 1000).toISOString();
    };
    const { operation, forSeconds } = rescue;
    const known = this.#courses.get(domain.name);
    const course = known?.operation === operation && host.uptime() >= overAt(rescue) ? known : null;
    const retry = course?.notBefore ?? 0;
    const why = course?.why ?? null;
    return {
      operation,
      forSeconds,
      at: timeOfDay(overAt(rescue)),
      then: registry.incompleteDisk(domain.name) === null ? then : 'poweroff',
      retryAt: retry > host.uptime() ? timeOfDay(retry) : null,
      ...(why === null ? {} : { why }),
    };
  }

  /** Lets a rescue end later. Recorded before it is answered. */
  async extend(
    name: DomainName,
    { operation, forSeconds, actor }: RescueExtension,
  ): Promise<RescueEnd | Refusal> {
    const { registry, operations, observer, host, logger, changed } = this.#parts;
    let isLonger = false as boolean;
    const no = await operations.note(name, () => {
      const rescue = registry.rescues.find(name);
      const seen = observer.find(name);
      const runs = rescue !== null && seen !== undefined && this.#mayRun(rescue, seen);
      if (!runs || rescue.operation !== operation) return noSuchRescue(name);
      if (forSeconds === rescue.forSeconds) return null;
      if (forSeconds < rescue.forSeconds)
        return refusal('wrong-state', 'Its rescue has been given more time than that.');
      if (overAt({ ...rescue, forSeconds }) <= host.uptime())
        return refusal('wrong-state', 'That time is over already. Ask for a longer one.');
      isLonger = true;
      return { kind: 'extended', operation, domain: name, forSeconds, actor };
    });
    if (no !== null) return no;
    if (isLonger) {
      this.#courses.delete(name);
      logger.info({ domain: name, operation, forSeconds, claimed: actor }, 'rescue.extended');
      changed(name);
    }
    const seen = observer.find(name);
    return (seen === undefined ? null : this.view(seen)) ?? noSuchRescue(name);
  }

  /** Ends nothing more. */
  stop(): void {
    this.#isActing = false;
  }

  #look(rescue: TimedRescue): void {
    const { registry, observer, host, timings } = this.#parts;
    const { domain } = rescue;
    const seen = observer.find(domain);
    const course = this.#course(rescue);
    // Without its file nothing can be done, and an operation that is under way comes first.
    if (seen === undefined || course.isEnding || registry.current(domain) !== null) return;
    if (rescue.boot !== host.boot) {
      this.#void(rescue, 'the host was restarted');
    } else if (seen.listed === null) {
      // An operator has renamed it, or moves it: it may come back under its name.
      const isElsewhere = rescue.uuid !== '' && observer.isListed(rescue.uuid);
      if (seen.observation.state !== 'off' || isElsewhere) return;
      course.offSince ??= host.uptime();
      if (this.#leftOff(rescue)) this.#startAgain(rescue, course);
      else if (host.uptime() - course.offSince >= timings.rebootAbsence) this.#void(rescue, 'it is off');
    } else if ((seen.listed.uuid ?? '') !== rescue.uuid) {
      this.#void(rescue, 'it is another incarnation');
    } else if (seen.observation.profile === rescue.profile) {
      course.offSince = null;
      this.#lookAtRunning(rescue, course, seen.observation.state);
    } else if (seen.observation.profile !== UNKNOWN_PROFILE) {
      this.#void(rescue, `it runs ${seen.observation.profile}`);
    }
  }

  #lookAtRunning(rescue: TimedRescue, course: Course, state: DomainState): void {
    const { host, profiles, timings } = this.#parts;
    const isCrashed = state === 'crashed';
    course.crashedSince = isCrashed ? (course.crashedSince ?? host.uptime()) : null;
    // A rebooting guest is asked when it is up.
    if (!this.#isDue(rescue) || host.uptime() < course.notBefore || state === 'rebooting') return;
    // The toolstack may be about to restart it, or still write its memory down.
    if (isCrashed && host.uptime() - (course.crashedSince ?? 0) < timings.rebootAbsence) return;
    // Said once: it ends as soon as it goes on.
    if (state === 'paused' && course.why === 'paused' && profiles.end(rescue.profile) === 'normal') return;
    void this.#end(rescue, course, isCrashed);
  }

  /** Whether this rescue is still the domain's, and its time is over. */
  #isDue({ domain, operation }: TimedRescue): boolean {
    const now = this.#parts.registry.rescues.find(domain);
    return this.#isActing && now?.operation === operation && overAt(now) <= this.#parts.host.uptime();
  }

  /** Whether the domain may run this rescue, as far as the last listing says. */
  #mayRun(rescue: TimedRescue, { listed, observation }: ObservedDomain): boolean {
    if (rescue.boot !== this.#parts.host.boot) return false;
    if (listed === null) return observation.state === 'rebooting';
    return (listed.uuid ?? '') === rescue.uuid && observation.profile === rescue.profile;
  }

  /** Whether the domain is off only because our own end of this rescue could not boot it again. */
  #leftOff({ domain, operation }: TimedRescue): boolean {
    const latest = this.#parts.registry.latest(domain);
    return (
      latest?.ending?.rescue === operation && latest.request.verb === 'normal' && latest.phase === 'failed'
    );
  }

  #startAgain(rescue: TimedRescue, course: Course): void {
    if (this.#parts.host.uptime() < course.notBefore) return;
    if (course.starts >= MOST_STARTS) this.#void(rescue, 'it is off and could not be started');
    else {
      course.starts += 1;
      void this.#end(rescue, course);
    }
  }

  /** @param isDead its guest has nothing left to lose */
  async #end(rescue: TimedRescue, course: Course, isDead = false): Promise<void> {
    const { operations, profiles, registry, host, timings, logger, changed } = this.#parts;
    const { domain, actor, operation } = rescue;
    const then = profiles.end(rescue.profile);
    // An admin has given the profile `keep: true` meanwhile.
    if (then === null) return;
    course.isEnding = true;
    // Nothing boots from a disk that a reinstallation did not finish.
    const staysOff = then === 'poweroff' || registry.incompleteDisk(domain) !== null;
    const verb = staysOff ? 'shutdown' : 'normal';
    const request = { id: randomUUID(), domain, verb, profile: null, key: null, actor } as const;
    const ending = { rescue: operation, force: isDead || then !== 'normal' };
    try {
      const answer = await operations.end(request, ending, () => this.#isDue(rescue));
      if ('refused' in answer) {
        const { code, message, detail } = answer.refused;
        course.notBefore = code === 'busy' ? 0 : host.uptime() + timings.endRefusedRetry;
        course.why = code === 'busy' ? null : 'failed';
        if (code !== 'busy')
          logger.warn({ domain, rescue: operation, code, message, detail }, 'rescue.not-ended');
      } else if (answer.operation.phase !== 'done') {
        const { failure } = answer.operation;
        this.#hindered(course, domain, ending, failure?.code ?? null);
        logger.warn({ domain, rescue: operation, operation: request.id, failure }, 'rescue.not-ended');
      }
    } catch (error) {
      course.notBefore = host.uptime() + timings.endRefusedRetry;
      course.why = 'failed';
      logger.error({ err: error, domain, rescue: operation }, 'rescue.end-fault');
    } finally {
      course.isEnding = false;
    }
    changed(domain);
  }

  /** Its guest runs on after a try: says why, and when the next try is. */
  #hindered(course: Course, domain: DomainName, ending: Ending, code: RefusalCode | null): void {
    const { observer, host, timings } = this.#parts;
    const state = observer.find(domain)?.observation.state;
    course.why = state === 'paused' ? 'paused' : code === 'deadline-passed' ? 'ignored' : 'failed';
    // What may be done to it has changed, or will without a word of ours.
    const isOther = !ending.force && (state === 'paused' || state === 'crashed');
    course.notBefore = isOther ? 0 : host.uptime() + timings.endRetry;
  }

  #void({ domain, operation }: TimedRescue, why: string): void {
    const { registry, operations, logger, changed } = this.#parts;
    registry.rescues.forget(domain, operation);
    this.#courses.delete(domain);
    logger.info({ domain, rescue: operation, why }, 'rescue.end-void');
    void operations.noteLate({ kind: 'end-void', operation, domain, why }).catch((error: unknown) => {
      logger.error({ err: error, domain }, 'rescue.void-not-journaled');
    });
    changed(domain);
  }

  #course({ domain, operation }: TimedRescue): Course {
    const known = this.#courses.get(domain);
    if (known?.operation === operation) return known;
    const course = {
      operation,
      isEnding: false,
      notBefore: 0,
      offSince: null,
      crashedSince: null,
      starts: 0,
      why: null,
    };
    this.#courses.set(domain, course);
    return course;
  }
}

function noSuchRescue(name: DomainName): Refusal {
  return refusal('wrong-state', 'It runs no rescue that ends, or another one by now.', name);
}
