import type { DomainName } from '../../../policy/names.js';
import type { Change, DomainView, HostNames } from '../../wire/domain.js';
import { readChange } from '../../wire/answers.js';
import { JsonLines } from './json-lines.js';
import type { LinkEvent } from './link-event.js';

/**
 * Reads `GET /changes`: first the whole list, then `ready`, then what changes. Until `ready` what was known before
 * stays known, brought up to date; with it, what was not in the list is gone.
 */
export class ChangesReader {
  readonly #lines = new JsonLines();
  readonly #domains: Map<DomainName, DomainView>;
  readonly #listed = new Set<DomainName>();
  #ready = false;
  #names: HostNames | null = null;

  /** @param known what was last heard before the stream began */
  constructor(known: ReadonlyMap<DomainName, DomainView>) {
    this.#domains = new Map(known);
  }

  get domains(): ReadonlyMap<DomainName, DomainView> {
    return this.#domains;
  }

  /** What was told on this stream; null: nothing, as a dom0 half from before does. */
  get names(): HostNames | null {
    return this.#names;
  }

  /** @throws JsonLinesError or AnswerError when what comes is not what was agreed */
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
      case 'ready':
        for (const name of [...this.#domains.keys()]) {
          if (!this.#listed.has(name)) this.#domains.delete(name);
        }
        this.#ready = true;
        yield { event: 'reachable' };
        return;
      case 'beat':
        return;
    }
  }

  /** The view shows the operation too, so that those who look at the domain see it move. */
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
