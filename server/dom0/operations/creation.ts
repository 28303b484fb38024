import { randomUUID } from 'node:crypto';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { creationOf } from '../boot/derived-config.js';
import type { DomainConfig } from '../config/domain-config.js';
import type { HostIncarnation } from '../toolstack/incarnation.js';
import { firstReason } from '../toolstack/reason.js';
import type { ListedDomain } from '../toolstack/toolstack.js';
import { existsAs } from './admission.js';
import { away, byHand, ended, exchanged, tooLate, unprepared } from './creation-refusals.js';
import { HaltedError, pause, unlessHalted } from './halt.js';
import type { Making, Operation } from './operation.js';
import { hasNeverRun, OwnCreation } from './own-creation.js';
import { Raising } from './raising.js';
import { unwritable } from './unwritable.js';
import type { WorkParts } from './work-parts.js';

/** The domain is already as requested. */
const ALREADY = 'already';
/** What came of a create: an incarnation of ours, paused. */
type Made = HostIncarnation | Refusal | typeof ALREADY;

/**
 * Starts an incarnation without losing a byte of its console: create paused, attach the console, unpause.
 * Whatever happens in between, we leave no domain paused, and we never unpause or destroy what others made.
 */
export class Creation {
  readonly #parts: WorkParts;
  readonly #own: OwnCreation;
  readonly #raising: Raising;

  constructor(parts: WorkParts) {
    this.#parts = parts;
    this.#own = new OwnCreation(parts);
    this.#raising = new Raising(parts, this.#own);
  }

  /** Waits for its turn, creates, attaches, unpauses. */
  async boot(operation: Operation, signal: AbortSignal): Promise<Refusal | null> {
    return this.#makeAndRaise(operation, signal, () => this.#create(operation, signal));
  }

  /**
   * Goes on after a dom0 that was killed while it created, attached, unpaused or undid. The listing decides
   * whether to finish or to undo. After its term the operation is only undone.
   */
  async resume(operation: Operation, signal: AbortSignal): Promise<Refusal | null> {
    const { transcripts, timings, host, deadlines } = this.#parts;
    const deadline = host.uptime() + deadlines.createSeconds * 1000;
    return this.#makeAndRaise(operation, signal, async () => {
      let holders = await transcripts.holders(operation.id, 'create');
      while (holders.length > 0 && host.uptime() < deadline) {
        await pause(host, timings.poll, signal);
        holders = await transcripts.holders(operation.id, 'create');
      }
      if (holders.length > 0) return this.#endHung(operation, holders, signal);
      return this.#adopt(operation, await this.#own.look(operation, signal), signal);
    });
  }

  /** Makes the domain when its turn comes, then raises it. */
  async #makeAndRaise(
    operation: Operation,
    signal: AbortSignal,
    make: () => Promise<Made>,
  ): Promise<Refusal | null> {
    const { queue, records } = this.#parts;
    const leave = await queue.enter(signal, (place) => {
      records.moved(operation, place);
    });
    records.moved(operation, 0);
    const made = await make().finally(leave);
    if (made === ALREADY) return null;
    return isRefusal(made) ? made : this.#raising.raise(operation, made, signal);
  }

  async #create(operation: Operation, signal: AbortSignal): Promise<Made> {
    const { domain } = operation.request;
    const { observer, toolstack, seeds, disks, check, transcripts, deadlines, host, logger } = this.#parts;
    const silent = await unlessHalted(observer.look(), signal);
    if (silent !== null) return silent;
    await unlessHalted(observer.reread(), signal);
    const seen = observer.find(domain);
    if (seen === undefined)
      return refusal('no-such-domain', 'There is no such server any more.', `${domain} is gone`);
    if (seen.listed !== null) {
      const runs = operation.request.verb === 'start' && seen.observation.state === 'running';
      return runs ? ALREADY : byHand(`${domain} exists as ${seen.listed.domid}`);
    }
    if (seen.fault !== undefined && seen.fault !== null) return seen.fault;
    const guest = observer.onTheWay(domain);
    if (guest !== null) return existsAs(domain, guest);
    const plan = seeds.plan(operation.request, seen.config);
    if (isRefusal(plan)) return plan;
    const unseeded = await unlessHalted(seeds.make(operation.request, seen.config), signal);
    if (unseeded !== null) return unseeded;
    const taken = await unlessHalted(disks.conflict(domain, plan.boot.disks), signal);
    if (taken !== null) return taken;
    await operation.commit();
    signal.throwIfAborted();
    const { uuid } = operation.making ?? this.#making(seen.config);
    try {
      await transcripts.begin(operation.id, 'create');
    } catch (error) {
      logger.error({ err: error, operation: operation.id }, 'transcript.unwritable');
      return unwritable();
    }
    const derived = transcripts.derivedConfig(operation.id);
    const creation = await creationOf(plan, derived, toolstack.takesOverrides, transcripts.disk).catch(
      (error: unknown) => unprepared(String(error)),
    );
    if (isRefusal(creation)) return creation;
    const text = await check.text(creation);
    const wrong = await unlessHalted(check.creation(creation, plan, seen.config), signal);
    if (wrong !== null) return wrong;
    await this.#parts.records.step(operation, 'creating', deadlines.createSeconds, { uuid });
    signal.throwIfAborted();
    if (operation.isLate(host.uptime())) return tooLate(`${domain} waited past the term of the operation`);
    const call = this.#parts.transcripts.call(operation.id, 'create', deadlines.createSeconds * 1000);
    const refused = await unlessHalted(toolstack.create({ ...creation, uuid }, call), signal);
    const listed = await this.#own.look(operation, signal);
    const isChanged = refused === null && (await check.text(creation)) !== text;
    if (isChanged && (await unlessHalted(check.creation(creation, plan, seen.config), signal)) !== null) {
      await this.#own.undo(operation, signal);
      if (listed === null && uuid !== null) await this.#own.undoStranger(operation, uuid, signal);
      return exchanged(`${creation.config} changed between its dry run and the create`);
    }
    if (refused === null) {
      if (listed === null) return ended(`${domain} was made and is gone`);
      const other = uuid !== null && listed.uuid !== uuid;
      return other
        ? byHand(`${domain} is ${listed.uuid ?? listed.domid}`)
        : this.#own.record(operation, listed);
    }
    // Somebody else, the guest's own reboot or our earlier create was quicker. The listing tells which.
    if (refused.detail.includes('already exists')) {
      const ours = uuid !== null && listed?.uuid === uuid;
      return ours ? this.#own.record(operation, listed) : byHand(refused.detail);
    }
    await this.#own.undo(operation, signal);
    return refused;
  }

  /** After a create that a killed dom0 began, and of which nothing is there. */
  #createAnew(operation: Operation, signal: AbortSignal): Promise<Made> {
    const { isWithdrawn, request } = operation;
    if (isWithdrawn && request.verb === 'rescue') return Promise.reject(new HaltedError('withdrawn'));
    return this.#create(operation, signal);
  }

  /** Draws a UUID where that changes nothing: for a file without one, xl would draw one as well. */
  #making(config: DomainConfig): Making {
    const free = this.#parts.toolstack.takesOverrides && !config.keys.has('uuid');
    return { uuid: free ? randomUUID() : null };
  }

  /** Judges what a killed dom0 left: the incarnation that it made, nothing, or somebody else's domain. */
  async #adopt(operation: Operation, listed: ListedDomain | null, signal: AbortSignal): Promise<Made> {
    const { domain, verb } = operation.request;
    const { host, observer, transcripts } = this.#parts;
    const isLate = operation.isLate(host.uptime());
    if (operation.step === 'undoing') {
      await this.#own.undo(operation, signal);
      return away(`${domain} was not made`);
    }
    if (listed === null) {
      if (operation.created !== null)
        return ended(`${domain} was made as ${operation.created.domid} and is gone`);
      const said = await transcripts.said(operation.id, 'create');
      const reason = firstReason(said);
      if (reason !== null) return refusal('toolstack-failed', reason);
      if (said !== '') return ended(`${domain} was made, or its making was cut off, and it is not there`);
      return isLate ? away(`${domain} was not made in time`) : this.#createAnew(operation, signal);
    }
    if (await this.#own.isOurs(operation, listed)) {
      if (!hasNeverRun(listed)) {
        if (operation.created === null) await this.#own.record(operation, listed);
        return ALREADY;
      }
      const reason =
        operation.created === null ? firstReason(await transcripts.said(operation.id, 'create')) : null;
      const isWhole = isBuilt(listed) && reason === null;
      if (isWhole && !isLate) return operation.created ?? this.#own.record(operation, listed);
      await this.#own.undo(operation, signal);
      if (reason !== null) return refusal('toolstack-failed', reason);
      if (isLate) return away(`${domain} was made, and not raised in time`);
      // The create was cut off together with the dom0 that waited for it.
      return operation.created === null
        ? this.#createAnew(operation, signal)
        : ended(`${domain} was not whole`);
    }
    const profile = observer.find(domain)?.observation.profile;
    const asWished = !listed.flags.paused && (verb === 'start' || profile === operation.profile);
    return asWished
      ? ALREADY
      : byHand(`${domain} exists as ${listed.domid}, with profile ${profile ?? 'unknown'}`);
  }

  /** Ends a create of an earlier dom0 that hangs. */
  async #endHung(operation: Operation, holders: readonly number[], signal: AbortSignal): Promise<Refusal> {
    this.#parts.logger.warn({ operation: operation.id, processes: holders }, 'operation.create-hung');
    this.#parts.transcripts.kill(holders);
    await this.#own.undo(operation, signal);
    return refusal('toolstack-timeout', 'The host did not answer in time.', 'create hung and was killed');
  }
}

/** A listing shows neither memory nor CPUs for a domain that is being built, or whose build was cut off. */
function isBuilt({ memoryMiB, vcpus }: ListedDomain): boolean {
  return memoryMiB > 0 && vcpus > 0;
}
