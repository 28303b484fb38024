import type { DomainName } from '../../../policy/names.js';
import type { Contract } from '../../wire/contract.js';
import { LARGEST_CHANGE } from '../../wire/domain.js';
import type { Change, DomainView, HostNames } from '../../wire/domain.js';
import { readChange } from '../../wire/answers.js';
import { JsonLines } from './json-lines.js';
import type { LinkEvent } from './link-event.js';

/**
 * Reads `GET /changes`: first the whole list, then `ready`, then the changes. Until `ready`, the domains that
 * were known before stay known, and the list updates them. At `ready`, those that were not in the list are
 * gone.
 */
export class ChangesReader {
  readonly #lines = new JsonLines(LARGEST_CHANGE);
  readonly #domains: Map<DomainName, DomainView>;
  readonly #listed = new Set<DomainName>();
  #ready = false;
  #names: HostNames | null = null;
  #contract: Contract | null = null;
  #lookedAt: string | null;

  /**
   * @param known what was last heard before the stream began
   * @param lookedAt the last look that was told before; null: none was
   */
  constructor(known: ReadonlyMap<DomainName, DomainView>, lookedAt: string | null = null) {
    this.#domains = new Map(known);
    this.#lookedAt = lookedAt;
  }

  /** When the host looked at all domains last, ISO 8601; null: the stream did not tell yet, or never does. */
  get lookedAt(): string | null {
    return this.#lookedAt;
  }

  get domains(): ReadonlyMap<DomainName, DomainView> {
    return this.#domains;
  }

  /** The names told on this stream; null when it told none, as an older dom0 half does. */
  get names(): HostNames | null {
    return this.#names;
  }

  /** What the host can do, as told on this stream; null when it has not changed since it was asked for. */
  get contract(): Contract | null {
    return this.#contract;
  }

  /** @throws JsonLinesError or AnswerError when the stream breaks the contract */
  *push(chunk: Buffer): Generator<LinkEvent> {
    for (const value of this.#lines.push(chunk)) {
      const change = readChange(value);
      if (change !== undefined) yield* this.#take(change);
    }
  }

  *#take(change: Change): Generator<LinkEvent> {
    switch (change.change) {
      case 'domain': {
        const { domain } = change;
        this.#domains.set(domain.name, domain);
        if (this.#ready) yield { event: 'domain', name: domain.name };
        else this.#listed.add(domain.name);
        return;
      }
      case 'gone':
        this.#domains.delete(change.name);
        yield { event: 'gone', name: change.name };
        return;
      case 'names':
        this.#names = change;
        if (this.#ready) yield { event: 'names' };
        return;
      case 'operation':
        yield* this.#operation(change);
        return;
      case 'contract':
        this.#contract = change.contract;
        return;
      case 'ready':
        for (const name of [...this.#domains.keys()]) {
          if (!this.#listed.has(name)) this.#domains.delete(name);
        }
        this.#ready = true;
        this.#lookedAt = null;
        yield { event: 'reachable' };
        return;
      case 'looked':
        yield* this.#looked(change);
        return;
      case 'beat':
        return;
    }
  }

  *#looked({ at, loads }: Extract<Change, { change: 'looked' }>): Generator<LinkEvent> {
    this.#lookedAt = at;
    const names: DomainName[] = [];
    for (const [name, cpuSeconds, cpuPercent] of loads) {
      const view = this.#domains.get(name);
      if (view === undefined) continue;
      this.#domains.set(name, { ...view, cpuSeconds, cpuPercent });
      names.push(name);
    }
    yield { event: 'looked', loads: names };
  }

  /** Puts the operation into the domain's view too, so that those who look at the domain see it move. */
  *#operation({ operation }: Extract<Change, { change: 'operation' }>): Generator<LinkEvent> {
    const view = this.#domains.get(operation.domain);
    const live = operation.phase === 'queued' || operation.phase === 'running';
    if (view !== undefined && (live || view.operation?.id === operation.id)) {
      this.#domains.set(view.name, { ...view, operation: live ? operation : null });
    }
    yield { event: 'operation', operation };
    if (view !== undefined) yield { event: 'domain', name: view.name };
  }
}
