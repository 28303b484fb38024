import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { within } from '../scheduling/time-limit.js';
import { isIncarnation, targetOf } from '../toolstack/incarnation.js';
import type { HostIncarnation } from '../toolstack/incarnation.js';
import { byHand, ended, tooLate } from './creation-refusals.js';
import { HaltedError, pause, unlessHalted } from './halt.js';
import type { Operation } from './operation.js';
import { hasNeverRun } from './own-creation.js';
import type { OwnCreation } from './own-creation.js';
import type { WorkParts } from './work-parts.js';

const stillPaused = (name: string): Refusal =>
  refusal(
    'toolstack-failed',
    'Its host built it but could not make it run, so it is off.',
    `${name} stays paused, although xl unpaused it`,
  );

/** Makes a domain run that an operation has created paused. */
export class Raising {
  readonly #parts: WorkParts;
  readonly #own: OwnCreation;

  constructor(parts: WorkParts, own: OwnCreation) {
    this.#parts = parts;
    this.#own = own;
  }

  /**
   * Attaches the console, then unpauses. Undoes the create when the domain cannot be raised.
   *
   * @returns null when the domain runs
   */
  async raise(operation: Operation, created: HostIncarnation, signal: AbortSignal): Promise<Refusal | null> {
    const { domain } = operation.request;
    const { toolstack, timings, host, logger, deadlines } = this.#parts;
    await this.#parts.records.lastSteps(operation, 'attaching-console', timings.attach / 1000);
    const hasConsole = this.#parts.observer.find(domain)?.config.guest.textConsole !== false;
    const attached = hasConsole ? await this.#attach(operation, created, signal) : null;
    if (hasConsole && attached !== 'attached')
      logger.warn({ operation: operation.id, domain, attached }, 'console.not-attached');
    const taken = await this.#takenMeanwhile(operation, signal);
    if (taken !== null) {
      await this.#own.undo(operation, signal);
      return taken;
    }
    const deadline = await this.#parts.records.lastSteps(operation, 'unpausing', deadlines.destroySeconds);
    let refused: Refusal | null = null;
    let wasUnpaused = false;
    for (;;) {
      signal.throwIfAborted();
      if (operation.isLate(host.uptime())) {
        await this.#own.undo(operation, signal);
        return tooLate(`${domain} was made, and not raised within the term of the operation`);
      }
      const call = this.#parts.transcripts.call(operation.id, 'unpause', deadlines.destroySeconds * 1000);
      refused = await unlessHalted(toolstack.unpause(targetOf(domain, created), call), signal);
      if (refused !== null && !wasUnpaused) break;
      // We believe the toolstack where no listing contradicts it. The domain may have run since, and others
      // may have paused it: a later refusal is no reason to destroy it.
      wasUnpaused = true;
      const seen = await this.#own.look(operation, signal);
      const isStill = isIncarnation(seen, created, host.boot) && seen !== null && hasNeverRun(seen);
      if (!isStill) return null;
      if (refused === null && host.uptime() >= deadline) {
        refused = stillPaused(domain);
        break;
      }
      await pause(host, timings.poll, signal);
    }
    const listed = await this.#own.look(operation, signal);
    if (listed === null) return ended(`${domain} was made as ${created.domid} and is gone`);
    if (!isIncarnation(listed, created, host.boot)) return byHand(`${domain} is ${listed.domid} now`);
    if (!listed.flags.paused) return null;
    await this.#own.undo(operation, signal);
    return refused;
  }

  async #attach(operation: Operation, created: HostIncarnation, signal: AbortSignal): Promise<string> {
    const { consoles, host, timings } = this.#parts;
    try {
      const attaching = consoles.attach(operation.request.domain, created.domid, created.uuid);
      return (await within(host, timings.attach, unlessHalted(attaching, signal))) ?? 'too late';
    } catch (error) {
      if (error instanceof HaltedError) throw error;
      return String(error);
    }
  }

  /**
   * Refuses when another domain that writes the same disk was started after the look before the create. Asks
   * a silent toolstack until it answers or the operation's term is over: a domain runs only after this check.
   */
  async #takenMeanwhile(operation: Operation, signal: AbortSignal): Promise<Refusal | null> {
    const { observer, seeds, disks, timings, host } = this.#parts;
    const { domain } = operation.request;
    const config = observer.find(domain)?.config;
    const plan = config === undefined ? undefined : seeds.plan(operation.request, config);
    if (plan === undefined || isRefusal(plan)) return null;
    for (;;) {
      const taken = await unlessHalted(disks.conflict(domain, plan.boot.disks), signal);
      if (taken === null || taken.code === 'wrong-state' || operation.isLate(host.uptime())) return taken;
      await pause(host, timings.poll, signal);
    }
  }
}
