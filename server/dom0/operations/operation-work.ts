import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { targetOf } from '../toolstack/incarnation.js';
import { Creation } from './creation.js';
import { Endings } from './endings.js';
import { unlessHalted } from './halt.js';
import type { Operation } from './operation.js';
import { Reinstallation } from './reinstallation.js';
import { standstill } from './standstill.js';
import { isOfThisBoot, SYSRQ_SECONDS } from './term.js';
import type { WorkParts } from './work-parts.js';

/**
 * The steps of each verb. Every call returns null when the work is done, or a refusal that says why it is
 * not. It throws HaltedError when the operation is interrupted.
 */
export class OperationWork {
  readonly #parts: WorkParts;
  readonly #endings: Endings;
  readonly #creation: Creation;
  readonly #reinstallation: Reinstallation;

  constructor(parts: WorkParts) {
    this.#parts = parts;
    this.#endings = new Endings(parts);
    this.#creation = new Creation(parts);
    this.#reinstallation = new Reinstallation(parts, this.#endings, this.#creation);
  }

  /**
   * Does what the verb asks. @param follow for a power-off: the domain is rebooting, so its next incarnation
   * is ended as well
   */
  async run(operation: Operation, signal: AbortSignal, follow: boolean): Promise<Refusal | null> {
    switch (operation.request.verb) {
      case 'shutdown':
        return this.#takeDown(operation, signal);
      case 'poweroff':
        return this.#endings.powerOff(operation, signal, follow);
      case 'reboot':
        return this.#endings.reboot(operation, signal);
      case 'reinstall':
        return this.#reinstallation.run(operation, signal);
      case 'sysrq':
        return this.#sysrq(operation, signal);
      case 'start':
      case 'rescue':
      case 'normal': {
        if (operation.subject !== null && operation.request.verb !== 'start') {
          const unseeded = await this.#seed(operation, signal);
          if (unseeded !== null) return unseeded;
          const refused = await this.#takeDown(operation, signal);
          if (refused !== null) return refused;
          await this.#parts.records.step(operation, 'waiting', 0);
        }
        return this.#creation.boot(operation, signal);
      }
    }
  }

  /** Goes on with what an earlier dom0 began, or says why not. */
  async resume(operation: Operation, signal: AbortSignal): Promise<Refusal | null> {
    const { step, request, term } = operation;
    const { host } = this.#parts;
    this.#parts.logger.info({ operation: operation.id, domain: request.domain, step }, 'operation.resumed');
    // Even after another boot of the host nothing may go on writing.
    if (step === 'writing') await this.#reinstallation.endWriters(operation, signal);
    if (term === null || !isOfThisBoot(term, host)) {
      return refusal('undone', 'The host restarted in the middle of this. Nothing more was done.');
    }
    if (['creating', 'attaching-console', 'unpausing', 'undoing'].includes(step)) {
      return this.#creation.resume(operation, signal);
    }
    if (step === 'writing') return this.#reinstallation.resume(operation, signal);
    if (step === 'sending-sysrq') {
      return refusal(
        'undone',
        'Postern restarted on its host meanwhile, so the key may or may not have been sent.',
      );
    }
    if (operation.isLate(host.uptime())) {
      return refusal(
        'undone',
        'Postern was away on its host for too long in the middle of this. Nothing more was done.',
      );
    }
    // What is left of its term is too short for a disk: a writing that is cut off loses all data.
    if (request.verb === 'reinstall')
      return refusal(
        'undone',
        'Postern restarted on its host before the writing began, so its disk is as it was. Ask again.',
      );
    return this.run(operation, signal, false);
  }

  /**
   * Shuts down. When a rescue ends by force, a guest that ignores it or cannot hear it is powered off; an
   * incarnation that somebody else made meanwhile is left alone.
   */
  async #takeDown(operation: Operation, signal: AbortSignal): Promise<Refusal | null> {
    const { ending, request } = operation;
    const { observer } = this.#parts;
    const stands = ending === null ? null : standstill(observer.find(request.domain));
    const refused = stands ?? (await this.#endings.shutDown(operation, signal));
    if (refused === null || refused.code === 'undone' || ending?.force !== true) return refused;
    return this.#endings.powerOff(operation, signal, false);
  }

  /** Makes the seed disk before the domain is stopped: on a full disk it runs on. */
  async #seed({ request }: Operation, signal: AbortSignal): Promise<Refusal | null> {
    const { observer, seeds } = this.#parts;
    const config = observer.find(request.domain)?.config;
    // Without a domain the create says so.
    return config === undefined ? null : unlessHalted(seeds.make(request, config), signal);
  }

  async #sysrq(operation: Operation, signal: AbortSignal): Promise<Refusal | null> {
    const { domain, key } = operation.request;
    const { subject } = operation;
    const { toolstack, host } = this.#parts;
    if (subject === null || key === null)
      return refusal('wrong-state', 'It does not run, so it takes no key.');
    await this.#parts.records.step(operation, 'sending-sysrq', SYSRQ_SECONDS);
    signal.throwIfAborted();
    if (operation.isLate(host.uptime()))
      return refusal('deadline-passed', 'The key could not be sent in time. Try again.');
    const call = { timeoutMs: SYSRQ_SECONDS * 1000 };
    return unlessHalted(toolstack.sysrq(targetOf(domain, subject), key, call), signal);
  }
}
