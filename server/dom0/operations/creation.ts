import { randomUUID } from 'node:crypto';
import { parseDomainName } from '../../../policy/names.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { creationOf } from '../boot/derived-config.js';
import type { DomainConfig } from '../config/domain-config.js';
import { incarnationOf, isIncarnation, targetOf } from '../toolstack/incarnation.js';
import type { HostIncarnation } from '../toolstack/incarnation.js';
import { firstReason } from '../toolstack/reason.js';
import type { ListedDomain } from '../toolstack/toolstack.js';
import { existsAs } from './admission.js';
import { HaltedError, pause, unlessHalted } from './halt.js';
import type { Making, Operation } from './operation.js';
import { unwritable } from './unwritable.js';
import type { WorkParts } from './work-parts.js';

/** The domain is already as requested. */
const ALREADY = 'already';
const byHand = (detail: string): Refusal =>
  refusal(
    'undone',
    'It was started by somebody else meanwhile, or rebooted by itself; nothing more was done.',
    detail,
  );
const ended = (detail: string): Refusal =>
  refusal('undone', 'It was ended by somebody else while it was started.', detail);
const away = (detail: string): Refusal =>
  refusal('undone', "The host's Postern was restarted while it was started; it is off.", detail);
const tooLate = (detail: string): Refusal =>
  refusal('deadline-passed', 'It could not be started in time, so it was left off. Try again.', detail);

const unprepared = (detail: string): Refusal =>
  refusal('toolstack-failed', 'Its configuration cannot be prepared on its host.', detail);
const exchanged = (detail: string): Refusal =>
  refusal(
    'wrong-state',
    'Its configuration file on the host was changed while it was started, so it was left off. Try again.',
    detail,
  );

const stillPaused = (name: string): Refusal =>
  refusal(
    'toolstack-failed',
    'It could not be made to run.',
    `${name} stays paused, although xl unpaused it`,
  );

/**
 * Starts an incarnation without losing a byte of its console: create paused, attach the console, unpause.
 * Whatever happens in between, we leave no domain paused, and we never unpause or destroy what others made.
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
   * Goes on after a dom0 that was killed while it created, attached, unpaused or undid. The listing decides
   * whether to finish or to undo. After its term the operation is only undone.
   */
  async resume(operation: Operation, signal: AbortSignal): Promise<Refusal | null> {
    const { transcripts, timings, host, deadlines } = this.#parts;
    const deadline = host.uptime() + deadlines.createSeconds * 1000;
    const made = await this.#inTurn(operation, signal, async () => {
      let holders = await transcripts.holders(operation.id, 'create');
      while (holders.length > 0 && host.uptime() < deadline) {
        await pause(host, timings.poll, signal);
        holders = await transcripts.holders(operation.id, 'create');
      }
      if (holders.length > 0) return this.#endHung(operation, holders, signal);
      return this.#adopt(operation, await this.#look(operation, signal), signal);
    });
    if (made === ALREADY) return null;
    return isRefusal(made) ? made : this.#raise(operation, made, signal);
  }

  /**
   * Refuses when another domain that writes the same disk was started after the look before the create. Asks
   * a silent toolstack until it answers or the operation's term is over: a domain runs only after this check.
   */
  async #takenMeanwhile(operation: Operation, signal: AbortSignal): Promise<Refusal | null> {
    const { observer, profiles, disks, timings, host } = this.#parts;
    const { domain, parameters } = operation.request;
    const config = observer.find(domain)?.config;
    const plan = config === undefined ? undefined : profiles.plan(operation.profile, config, parameters);
    if (plan === undefined || isRefusal(plan)) return null;
    for (;;) {
      const taken = await unlessHalted(disks.conflict(domain, plan.boot.disks), signal);
      if (taken === null || taken.code === 'wrong-state' || operation.isLate(host.uptime())) return taken;
      await pause(host, timings.poll, signal);
    }
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

  async #create(
    operation: Operation,
    signal: AbortSignal,
  ): Promise<HostIncarnation | Refusal | typeof ALREADY> {
    const { domain } = operation.request;
    const { observer, toolstack, profiles, disks, check, transcripts, deadlines, host, logger } = this.#parts;
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
    const plan = profiles.plan(operation.profile, seen.config, operation.request.parameters);
    if (isRefusal(plan)) return plan;
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
    await this.#parts.step(operation, 'creating', deadlines.createSeconds, { uuid });
    signal.throwIfAborted();
    if (operation.isLate(host.uptime())) return tooLate(`${domain} waited past the term of the operation`);
    const call = this.#parts.call(operation, 'create', deadlines.createSeconds * 1000);
    const refused = await unlessHalted(toolstack.create({ ...creation, uuid }, call), signal);
    const listed = await this.#look(operation, signal);
    const isChanged = refused === null && (await check.text(creation)) !== text;
    if (isChanged && (await unlessHalted(check.creation(creation, plan, seen.config), signal)) !== null) {
      await this.#undo(operation, signal);
      if (listed === null && uuid !== null) await this.#undoStranger(operation, uuid, signal);
      return exchanged(`${creation.config} changed between its dry run and the create`);
    }
    if (refused === null) {
      if (listed === null) return ended(`${domain} was made and is gone`);
      const other = uuid !== null && listed.uuid !== uuid;
      return other ? byHand(`${domain} is ${listed.uuid ?? listed.domid}`) : this.#record(operation, listed);
    }
    // Somebody else, the guest's own reboot or our earlier create was quicker. The listing tells which.
    if (refused.detail.includes('already exists')) {
      const ours = uuid !== null && listed?.uuid === uuid;
      return ours ? this.#record(operation, listed) : byHand(refused.detail);
    }
    await this.#undo(operation, signal);
    return refused;
  }

  /** Draws a UUID where that changes nothing: for a file without one, xl would draw one as well. */
  #making(config: DomainConfig): Making {
    const free = this.#parts.toolstack.takesOverrides && !config.keys.has('uuid');
    return { uuid: free ? randomUUID() : null };
  }

  /** Judges what a killed dom0 left: the incarnation that it made, nothing, or somebody else's domain. */
  async #adopt(
    operation: Operation,
    listed: ListedDomain | null,
    signal: AbortSignal,
  ): Promise<HostIncarnation | Refusal | typeof ALREADY> {
    const { domain, verb } = operation.request;
    const { host, observer, transcripts } = this.#parts;
    const isLate = operation.isLate(host.uptime());
    if (operation.step === 'undoing') {
      await this.#undo(operation, signal);
      return away(`${domain} was not made`);
    }
    if (listed === null) {
      if (operation.created !== null)
        return ended(`${domain} was made as ${operation.created.domid} and is gone`);
      const said = await transcripts.said(operation.id, 'create');
      const reason = firstReason(said);
      if (reason !== null) return refusal('toolstack-failed', reason);
      if (said !== '') return ended(`${domain} was made, or its making was cut off, and it is not there`);
      return isLate ? away(`${domain} was not made in time`) : this.#create(operation, signal);
    }
    if (await this.#isOurs(operation, listed)) {
      if (!hasNeverRun(listed)) {
        if (operation.created === null) await this.#record(operation, listed);
        return ALREADY;
      }
      const reason =
        operation.created === null ? firstReason(await transcripts.said(operation.id, 'create')) : null;
      const isWhole = isBuilt(listed) && reason === null;
      if (isWhole && !isLate) return operation.created ?? this.#record(operation, listed);
      await this.#undo(operation, signal);
      if (reason !== null) return refusal('toolstack-failed', reason);
      if (isLate) return away(`${domain} was made, and not raised in time`);
      // The create was cut off together with the dom0 that waited for it.
      return operation.created === null ? this.#create(operation, signal) : ended(`${domain} was not whole`);
    }
    const profile = observer.find(domain)?.observation.profile;
    const asWished = !listed.flags.paused && (verb === 'start' || profile === operation.profile);
    return asWished
      ? ALREADY
      : byHand(`${domain} exists as ${listed.domid}, with profile ${profile ?? 'unknown'}`);
  }

  /**
   * Whether this operation's create made the listed domain. The incarnation decides, once it is known, or
   * else the UUID that we gave. Without a UUID of ours, xl's output decides: it spoke and reported no
   * failure, or a failure of this very domid. Xen gives a name to one domain at a time, so a domain of others
   * can be there only when our create failed.
   */
  async #isOurs(operation: Operation, listed: ListedDomain): Promise<boolean> {
    const { host, transcripts, toolstack } = this.#parts;
    const { created, making, term } = operation;
    if (created !== null) return isIncarnation(listed, created, host.boot);
    if (making === null || term?.boot !== host.boot) return false;
    if (making.uuid !== null) return listed.uuid === making.uuid;
    const said = await transcripts.said(operation.id, 'create');
    const spoke = said !== '' || !toolstack.takesOverrides;
    return spoke && (firstReason(said) === null || said.includes(`Domain ${listed.domid}:`));
  }

  async #record(operation: Operation, listed: ListedDomain): Promise<HostIncarnation> {
    const { domain } = operation.request;
    const { profiles, observer, host } = this.#parts;
    const created = incarnationOf(listed, host.boot);
    const { uuid, domid } = created;
    const config = observer.find(domain)?.config;
    const { parameters } = operation.request;
    const plan = config === undefined ? undefined : profiles.plan(operation.profile, config, parameters);
    operation.made(created, host.boot);
    if (plan !== undefined && !isRefusal(plan)) {
      const { profile, boot } = plan;
      const event = { operation: operation.id, domain, uuid, domid, host: host.boot, profile, boot };
      await this.#parts.noteLate({ kind: 'booted', ...event });
    }
    return created;
  }

  async #raise(operation: Operation, created: HostIncarnation, signal: AbortSignal): Promise<Refusal | null> {
    const { domain } = operation.request;
    const { toolstack, timings, host, logger, deadlines } = this.#parts;
    await this.#parts.lastSteps(operation, 'attaching-console', timings.attach / 1000);
    const attached = await this.#attach(operation, created, signal);
    if (attached !== 'attached')
      logger.warn({ operation: operation.id, domain, attached }, 'console.not-attached');
    const taken = await this.#takenMeanwhile(operation, signal);
    if (taken !== null) {
      await this.#undo(operation, signal);
      return taken;
    }
    const deadline = await this.#parts.lastSteps(operation, 'unpausing', deadlines.destroySeconds);
    let refused: Refusal | null = null;
    let wasUnpaused = false;
    for (;;) {
      signal.throwIfAborted();
      if (operation.isLate(host.uptime())) {
        await this.#undo(operation, signal);
        return tooLate(`${domain} was made, and not raised within the term of the operation`);
      }
      const call = this.#parts.call(operation, 'unpause', deadlines.destroySeconds * 1000);
      refused = await unlessHalted(toolstack.unpause(targetOf(domain, created), call), signal);
      if (refused !== null && !wasUnpaused) break;
      // We believe the toolstack where no listing contradicts it. The domain may have run since, and others
      // may have paused it: a later refusal is no reason to destroy it.
      wasUnpaused = true;
      const seen = await this.#look(operation, signal);
      const isStill = isIncarnation(seen, created, host.boot) && seen !== null && hasNeverRun(seen);
      if (!isStill) return null;
      if (refused === null && host.uptime() >= deadline) {
        refused = stillPaused(domain);
        break;
      }
      await pause(host, timings.poll, signal);
    }
    const listed = await this.#look(operation, signal);
    if (listed === null) return ended(`${domain} was made as ${created.domid} and is gone`);
    if (!isIncarnation(listed, created, host.boot)) return byHand(`${domain} is ${listed.domid} now`);
    if (!listed.flags.paused) return null;
    await this.#undo(operation, signal);
    return refused;
  }

  async #attach(operation: Operation, created: HostIncarnation, signal: AbortSignal): Promise<string> {
    let cancel: () => void = () => undefined;
    const late = new Promise<string>((resolve) => {
      cancel = this.#parts.host.after(this.#parts.timings.attach, () => {
        resolve('too late');
      });
    });
    try {
      const attaching = this.#parts.consoles.attach(operation.request.domain, created.domid, created.uuid);
      return await unlessHalted(Promise.race([attaching, late]), signal);
    } catch (error) {
      if (error instanceof HaltedError) throw error;
      return String(error);
    } finally {
      cancel();
    }
  }

  /** Ends a create of an earlier dom0 that hangs. */
  async #endHung(operation: Operation, holders: readonly number[], signal: AbortSignal): Promise<Refusal> {
    this.#parts.logger.warn({ operation: operation.id, processes: holders }, 'operation.create-hung');
    this.#parts.transcripts.kill(holders);
    await this.#undo(operation, signal);
    return refusal('toolstack-timeout', 'The host did not answer in time.', 'create hung and was killed');
  }

  /**
   * Destroys what our create left: a domain that it made and that never ran. Retries while the toolstack
   * fails, or the domain would stay paused. A stop interrupts this, and the next start goes on with it.
   */
  async #undo(operation: Operation, signal: AbortSignal): Promise<void> {
    const { domain } = operation.request;
    const { toolstack, deadlines, timings, host, logger } = this.#parts;
    let said = '';
    let own = operation.created;
    for (;;) {
      const listed = await this.#look(operation, signal);
      if (listed === null || !hasNeverRun(listed)) return;
      const isOwn =
        own === null ? await this.#isOurs(operation, listed) : isIncarnation(listed, own, host.boot);
      if (!isOwn) return;
      // Recorded, so that the next dom0 undoes no other incarnation either.
      own ??= await this.#record(operation, listed);
      if (operation.step !== 'undoing') {
        await this.#parts.lastSteps(operation, 'undoing', deadlines.destroySeconds);
        // A slow disk may take seconds for this record. The domain may have begun to run meanwhile, so look
        // again.
        continue;
      }
      signal.throwIfAborted();
      const target = targetOf(domain, own);
      const call = this.#parts.call(operation, 'destroy', deadlines.destroySeconds * 1000);
      const refused = await unlessHalted(toolstack.destroy(target, call), signal);
      if (refused === null) continue;
      if (refused.detail !== said)
        logger.error({ operation: operation.id, why: refused.detail }, 'operation.not-undone');
      said = refused.detail;
      await pause(host, timings.poll, signal);
    }
  }

  /**
   * Destroys what our create made from a file that named another domain by then. Only the UUID that we drew
   * identifies it.
   */
  async #undoStranger(operation: Operation, uuid: string, signal: AbortSignal): Promise<void> {
    const { toolstack, deadlines, logger } = this.#parts;
    const all = await unlessHalted(toolstack.list(), signal);
    const made = isRefusal(all) ? undefined : all.find((each) => each.uuid === uuid && hasNeverRun(each));
    const name = parseDomainName(made?.name ?? '');
    if (made === undefined || name === undefined) return;
    const call = this.#parts.call(operation, 'destroy', deadlines.destroySeconds * 1000);
    const refused = await toolstack.destroy({ name, domid: made.domid, uuid }, call);
    logger.warn({ operation: operation.id, name, domid: made.domid, refused }, 'operation.stranger-undone');
  }

  /** The domain as it is listed now. Waits until the toolstack answers. */
  async #look(operation: Operation, signal: AbortSignal): Promise<ListedDomain | null> {
    const { observer, timings, host } = this.#parts;
    while ((await unlessHalted(observer.look(), signal)) !== null) await pause(host, timings.poll, signal);
    return observer.listed(operation.request.domain);
  }
}

/** A listing shows neither memory nor CPUs for a domain that is being built, or whose build was cut off. */
function isBuilt({ memoryMiB, vcpus }: ListedDomain): boolean {
  return memoryMiB > 0 && vcpus > 0;
}

/** Paused, with less than 0.05 s of CPU time. */
function hasNeverRun({ flags, cpuSeconds }: ListedDomain): boolean {
  return flags.paused && cpuSeconds < 0.05;
}
