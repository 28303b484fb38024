import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { creationOf } from '../boot/derived-config.js';
import type { ListedDomain } from '../toolstack/toolstack.js';
import { existsAs } from './admission.js';
import { Halted, pause, unlessHalted } from './halt.js';
import type { Subject } from './journal-record.js';
import type { Operation } from './operation.js';
import type { WorkParts } from './work-parts.js';

/** It is already as it was asked for. */
const ALREADY = 'already';
const byHand = (detail: string): Refusal =>
  refusal(
    'undone',
    'It was started by somebody else meanwhile, or rebooted by itself; nothing more was done.',
    detail,
  );
const ended = (detail: string): Refusal =>
  refusal('undone', 'It was ended by somebody else while it was started.', detail);

/**
 * How an incarnation begins, so that no byte of its console is lost: created paused, its console attached, unpaused. Whatever
 * happens in between, it does not stay paused by us.
 */
export class Creation {
  readonly #parts: WorkParts;

  constructor(parts: WorkParts) {
    this.#parts = parts;
  }

  /** Waits for its turn, creates, attaches, unpauses. */
  async boot(operation: Operation, signal: AbortSignal): Promise<Refusal | null> {
    const made = await this.#inTurn(operation, signal, () => this.#create(operation, signal));
    if (made === ALREADY) return null;
    return isRefusal(made) ? made : this.#raise(operation, made, signal);
  }

  /**
   * Goes on after a dom0 that was killed while it created, attached, unpaused or undid: what is there decides whether it is finished
   * or undone.
   */
  async resume(operation: Operation, signal: AbortSignal): Promise<Refusal | null> {
    const { transcripts, pace, host, deadlines } = this.#parts;
    const deadline = host.uptime() + deadlines.createSeconds * 1000;
    const made = await this.#inTurn(operation, signal, async () => {
      let holders = await transcripts.holders(operation.id, 'create');
      while (holders.length > 0 && host.uptime() < deadline) {
        await pause(host, pace.poll, signal);
        holders = await transcripts.holders(operation.id, 'create');
      }
      if (holders.length > 0) return this.#endHung(operation, holders, signal);
      return this.#adopt(operation, await this.#look(operation, signal), signal);
    });
    if (made === ALREADY) return null;
    return isRefusal(made) ? made : this.#raise(operation, made, signal);
  }

  async #inTurn<T>(operation: Operation, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const leave = await this.#parts.queue.enter(signal, (place) => {
      this.#parts.moved(operation, place);
    });
    this.#parts.moved(operation, 0);
    try {
      return await work();
    } finally {
      leave();
    }
  }

  async #create(operation: Operation, signal: AbortSignal): Promise<Subject | Refusal | typeof ALREADY> {
    const { domain } = operation.request;
    const { observer, toolstack, profiles, disks, transcripts, deadlines } = this.#parts;
    const silent = await unlessHalted(observer.look(), signal);
    if (silent !== null) return silent;
    const seen = observer.find(domain);
    if (seen === undefined)
      return refusal('no-such-domain', 'There is no such server any more.', `${domain} is gone`);
    if (seen.listed !== null) {
      const runs = operation.request.verb === 'start' && seen.observation.state === 'running';
      return runs ? ALREADY : byHand(`${domain} exists as ${seen.listed.domid}`);
    }
    const guest = observer.onTheWay(domain);
    if (guest !== null) return existsAs(domain, guest);
    const plan = profiles.plan(operation.profile, seen.config, operation.request.parameters);
    if (isRefusal(plan)) return plan;
    const taken = await unlessHalted(disks.conflict(domain, plan.boot.disks), signal);
    if (taken !== null) return taken;
    await transcripts.prepare();
    const creation = await creationOf(
      plan,
      transcripts.derivedConfig(operation.id),
      toolstack.takesOverrides,
    );
    await this.#parts.step(operation, 'creating', deadlines.createSeconds);
    signal.throwIfAborted();
    const call = this.#parts.call(operation, 'create', deadlines.createSeconds * 1000);
    const refused = await unlessHalted(toolstack.create(creation, call), signal);
    if (refused !== null) {
      // Somebody was quicker, or the guest's own reboot was: what is there now is none of ours.
      if (refused.detail.includes('already exists')) return byHand(refused.detail);
      await this.#undo(operation, signal);
      return refused;
    }
    const listed = await this.#look(operation, signal);
    return listed === null ? ended(`${domain} was made and is gone`) : this.#record(operation, listed);
  }

  /** What a killed dom0 left: the incarnation that it made, or nothing, or somebody else's. */
  async #adopt(
    operation: Operation,
    listed: ListedDomain | null,
    signal: AbortSignal,
  ): Promise<Subject | Refusal | typeof ALREADY> {
    const { domain, verb } = operation.request;
    const away = refusal(
      'undone',
      "The host's Postern was restarted while it was started; it is off.",
      `${domain} was not made`,
    );
    if (operation.step === 'undoing') {
      await this.#undo(operation, signal);
      return away;
    }
    if (operation.created !== null) {
      if (listed === null) return ended(`${domain} was made as ${operation.created.domid} and is gone`);
      return listed.domid === operation.created.domid && listed.flags.paused ? operation.created : ALREADY;
    }
    if (listed === null) {
      const reason = await this.#parts.transcripts.reason(operation.id, 'create');
      if (reason !== null) return refusal('toolstack-failed', reason);
      return this.#create(operation, signal);
    }
    if (neverRan(listed)) return this.#record(operation, listed);
    const profile = this.#parts.observer.find(domain)?.observation.profile;
    const asWished = verb === 'start' || profile === operation.profile;
    return asWished ? ALREADY : byHand(`${domain} runs with profile ${profile ?? 'unknown'}`);
  }

  async #record(operation: Operation, listed: ListedDomain): Promise<Subject> {
    const { domain } = operation.request;
    const created = { uuid: listed.uuid ?? '', domid: listed.domid };
    const { profiles, observer, logger } = this.#parts;
    const config = observer.find(domain)?.config;
    const { parameters } = operation.request;
    const plan = config === undefined ? undefined : profiles.plan(operation.profile, config, parameters);
    operation.created = created;
    if (plan !== undefined && !isRefusal(plan)) {
      const event = { operation: operation.id, domain, ...created, profile: plan.profile, boot: plan.boot };
      await this.#parts.note({ kind: 'booted', ...event }).catch((error: unknown) => {
        logger.error({ err: error, operation: operation.id }, 'journal.unwritable');
      });
    }
    return created;
  }

  async #raise(operation: Operation, created: Subject, signal: AbortSignal): Promise<Refusal | null> {
    const { domain } = operation.request;
    const { toolstack, observer, pace, logger, deadlines } = this.#parts;
    await this.#parts.lastSteps(operation, 'attaching-console', pace.attach / 1000);
    const attached = await this.#attach(operation, created, signal);
    if (attached !== 'attached')
      logger.warn({ operation: operation.id, domain, attached }, 'console.not-attached');
    await this.#parts.lastSteps(operation, 'unpausing', deadlines.destroySeconds);
    const target = { name: domain, domid: created.domid };
    const call = this.#parts.call(operation, 'unpause', deadlines.destroySeconds * 1000);
    const refused = await unlessHalted(toolstack.unpause(target, call), signal);
    if (refused === null) {
      await unlessHalted(observer.look(), signal);
      return null;
    }
    const listed = await this.#look(operation, signal);
    if (listed === null) return ended(`${domain} was made as ${created.domid} and is gone`);
    if (listed.domid !== created.domid) return byHand(`${domain} is ${listed.domid} now`);
    if (!listed.flags.paused) return null;
    await this.#undo(operation, signal);
    return refused;
  }

  async #attach(operation: Operation, created: Subject, signal: AbortSignal): Promise<string> {
    let cancel: () => void = () => undefined;
    const late = new Promise<string>((resolve) => {
      cancel = this.#parts.host.after(this.#parts.pace.attach, () => {
        resolve('too late');
      });
    });
    try {
      const attaching = this.#parts.consoles.attach(operation.request.domain, created.domid, created.uuid);
      return await unlessHalted(Promise.race([attaching, late]), signal);
    } catch (error) {
      if (error instanceof Halted) throw error;
      return String(error);
    } finally {
      cancel();
    }
  }

  /** A create of an earlier dom0 that does not come to an end. */
  async #endHung(operation: Operation, holders: readonly number[], signal: AbortSignal): Promise<Refusal> {
    this.#parts.logger.warn({ operation: operation.id, processes: holders }, 'operation.create-hung');
    this.#parts.transcripts.kill(holders);
    await this.#undo(operation, signal);
    return refusal('toolstack-timeout', 'The host did not answer in time.', 'create hung and was killed');
  }

  /**
   * Takes away what a failed create left: a domain of this name that never ran. It is not given up while the toolstack fails, as the domain
   * would stay paused: a stop breaks it off, and the next start goes on with it.
   */
  async #undo(operation: Operation, signal: AbortSignal): Promise<void> {
    const { domain } = operation.request;
    const { toolstack, deadlines, pace, host, logger } = this.#parts;
    let said = '';
    for (;;) {
      const listed = await this.#look(operation, signal);
      const domid = operation.created?.domid ?? listed?.domid;
      if (listed?.domid !== domid || listed === null || !neverRan(listed)) return;
      if (operation.step !== 'undoing') {
        await this.#parts.lastSteps(operation, 'undoing', deadlines.destroySeconds);
      }
      const target = { name: domain, domid: listed.domid };
      const call = this.#parts.call(operation, 'destroy', deadlines.destroySeconds * 1000);
      const refused = await unlessHalted(toolstack.destroy(target, call), signal);
      if (refused === null) continue;
      if (refused.detail !== said)
        logger.error({ operation: operation.id, why: refused.detail }, 'operation.not-undone');
      said = refused.detail;
      await pause(host, pace.poll, signal);
    }
  }

  /** What there is of the domain now, as soon as the toolstack answers. */
  async #look(operation: Operation, signal: AbortSignal): Promise<ListedDomain | null> {
    const { observer, pace, host } = this.#parts;
    while ((await unlessHalted(observer.look(), signal)) !== null) await pause(host, pace.poll, signal);
    return observer.find(operation.request.domain)?.listed ?? null;
  }
}

/** Paused, and without a tenth of a second of CPU. */
function neverRan({ flags, cpuSeconds }: ListedDomain): boolean {
  return flags.paused && cpuSeconds < 0.05;
}
