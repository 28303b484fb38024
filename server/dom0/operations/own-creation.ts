import { parseDomainName } from '../../../policy/names.js';
import { isRefusal } from '../../../policy/refusal.js';
import { incarnationOf, isIncarnation, targetOf } from '../toolstack/incarnation.js';
import type { HostIncarnation } from '../toolstack/incarnation.js';
import { firstReason } from '../toolstack/reason.js';
import type { ListedDomain } from '../toolstack/toolstack.js';
import { pause, unlessHalted } from './halt.js';
import type { Operation } from './operation.js';
import type { WorkParts } from './work-parts.js';

/**
 * What an operation's own create made: recognises it in the listing, records it, and undoes it. It destroys
 * no domain that others made, and none that has run.
 */
export class OwnCreation {
  readonly #parts: WorkParts;

  constructor(parts: WorkParts) {
    this.#parts = parts;
  }

  /**
   * Whether this operation's create made the listed domain. The incarnation decides, once it is known, or
   * else the UUID that we gave. Without a UUID of ours, xl's output decides: it spoke and reported no
   * failure, or a failure of this very domid. Xen gives a name to one domain at a time, so a domain of others
   * can be there only when our create failed.
   */
  async isOurs(operation: Operation, listed: ListedDomain): Promise<boolean> {
    const { host, transcripts, toolstack } = this.#parts;
    const { created, making, term } = operation;
    if (created !== null) return isIncarnation(listed, created, host.boot);
    if (making === null || term?.boot !== host.boot) return false;
    if (making.uuid !== null) return listed.uuid === making.uuid;
    const said = await transcripts.said(operation.id, 'create');
    const spoke = said !== '' || !toolstack.takesOverrides;
    return spoke && (firstReason(said) === null || said.includes(`Domain ${listed.domid}:`));
  }

  /** Records what our create made. The profile's boot is recorded with it. */
  async record(operation: Operation, listed: ListedDomain): Promise<HostIncarnation> {
    const { domain } = operation.request;
    const { seeds, observer, host } = this.#parts;
    const created = incarnationOf(listed, host.boot);
    const { uuid, domid } = created;
    const config = observer.find(domain)?.config;
    const { forSeconds, actor } = operation.request;
    const plan = config === undefined ? undefined : seeds.plan(operation.request, config);
    operation.made(created, host.boot);
    if (config !== undefined && plan !== undefined && !isRefusal(plan)) {
      const { profile, boot } = plan;
      const { guest } = config;
      const event = { operation: operation.id, domain, uuid, domid, host: host.boot, profile, boot, guest };
      const end = forSeconds === undefined ? {} : { end: { from: host.uptime(), forSeconds, actor } };
      await this.#parts.records.noteLate({ kind: 'booted', ...event, ...end });
    }
    return created;
  }

  /**
   * Destroys what our create left: a domain that it made and that never ran. Retries while the toolstack
   * fails, or the domain would stay paused. A stop interrupts this, and the next start goes on with it.
   */
  async undo(operation: Operation, signal: AbortSignal): Promise<void> {
    const { domain } = operation.request;
    const { toolstack, deadlines, timings, host, logger } = this.#parts;
    let said = '';
    let own = operation.created;
    for (;;) {
      const listed = await this.look(operation, signal);
      if (listed === null || !hasNeverRun(listed)) return;
      const isOwn =
        own === null ? await this.isOurs(operation, listed) : isIncarnation(listed, own, host.boot);
      if (!isOwn) return;
      // Recorded, so that the next dom0 undoes no other incarnation either.
      own ??= await this.record(operation, listed);
      if (operation.step !== 'undoing') {
        await this.#parts.records.lastSteps(operation, 'undoing', deadlines.destroySeconds);
        // A slow disk may take seconds for this record. The domain may have begun to run meanwhile, so look
        // again.
        continue;
      }
      signal.throwIfAborted();
      const target = targetOf(domain, own);
      const call = this.#parts.transcripts.call(operation.id, 'destroy', deadlines.destroySeconds * 1000);
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
  async undoStranger(operation: Operation, uuid: string, signal: AbortSignal): Promise<void> {
    const { toolstack, deadlines, logger } = this.#parts;
    const all = await unlessHalted(toolstack.list(), signal);
    const made = isRefusal(all) ? undefined : all.find((each) => each.uuid === uuid && hasNeverRun(each));
    const name = parseDomainName(made?.name ?? '');
    if (made === undefined || name === undefined) return;
    const call = this.#parts.transcripts.call(operation.id, 'destroy', deadlines.destroySeconds * 1000);
    const refused = await toolstack.destroy({ name, domid: made.domid, uuid }, call);
    logger.warn({ operation: operation.id, name, domid: made.domid, refused }, 'operation.stranger-undone');
  }

  /** The domain as it is listed now. Waits until the toolstack answers. */
  async look(operation: Operation, signal: AbortSignal): Promise<ListedDomain | null> {
    const { observer, timings, host } = this.#parts;
    while ((await unlessHalted(observer.look(), signal)) !== null) await pause(host, timings.poll, signal);
    return observer.listed(operation.request.domain);
  }
}

/** Paused, with less than 0.05 s of CPU time. */
export function hasNeverRun({ flags, cpuSeconds }: ListedDomain): boolean {
  return flags.paused && cpuSeconds < 0.05;
}
