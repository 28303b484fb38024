import { createHash, randomUUID } from 'node:crypto';
import { request } from 'node:http';
import {
  parseBootProfileName,
  parseCustomerName,
  parseDomainName,
  parseFingerprint,
  parseImageName,
} from '../../policy/names.js';
import type { Verb } from '../../server/wire/contract.js';
import type { DomainView } from '../../server/wire/domain.js';
import type { OperationRequest, OperationView, WireRefusal } from '../../server/wire/operation.js';
import { eventually } from './eventually.js';

export interface HttpAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Speaks to a dom0 half over its socket, as a gate does. */
export class Dom0Client {
  readonly #socket: string;

  constructor(socket: string) {
    this.#socket = socket;
  }

  ask(method: string, path: string, body?: string): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const asking = request({ socketPath: this.#socket, method, path, agent: false }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const json = answer.headers['content-type'] === 'application/json';
          resolve({ status: answer.statusCode ?? 0, body: json ? JSON.parse(text) : text });
        });
      });
      asking.on('error', reject);
      asking.end(body);
    });
  }

  async domain(name: string): Promise<DomainView> {
    return (await this.ask('GET', `/domains/${name}`)).body as DomainView;
  }

  async operation(id: string): Promise<OperationView> {
    return (await this.ask('GET', `/operations/${id}`)).body as OperationView;
  }

  async submit(operation: OperationRequest): Promise<OperationView | WireRefusal> {
    return (await this.ask('POST', '/operations', JSON.stringify(operation))).body as
      | OperationView
      | WireRefusal;
  }

  /** Requests an operation and waits for its end. Throws on a refusal. */
  async run(
    domain: string,
    verb: Verb,
    more: Omit<NonNullable<Parameters<typeof operationRequest>[2]>, 'id'> = {},
  ): Promise<OperationView> {
    const answer = await this.submit(operationRequest(domain, verb, more));
    if (!('phase' in answer)) throw new Error(`${verb} ${domain}: ${JSON.stringify(answer)}`);
    return this.ended(answer.id);
  }

  ended(id: string): Promise<OperationView> {
    return eventually(`operation ${id} to end`, async () => {
      const view = await this.operation(id);
      return view.endedAt === null ? null : view;
    });
  }

  /** Waits until a domain has this state. A half that has just started may not know the domain yet. */
  state(name: string, state: DomainView['observation']['state']): Promise<DomainView> {
    return eventually(`${name} to be ${state}`, async () => {
      const { status, body } = await this.ask('GET', `/domains/${name}`);
      if (status !== 200) return null;
      const view = body as DomainView;
      return view.observation.state === state ? view : null;
    });
  }
}

/** A well-formed request of alice. */
export function operationRequest(
  domain: string,
  verb: Verb,
  {
    profile,
    image,
    key,
    id,
    parameters,
    forSeconds,
    keys,
  }: {
    profile?: string;
    image?: string;
    key?: string;
    id?: string;
    parameters?: Readonly<Record<string, string>>;
    forSeconds?: number;
    keys?: readonly string[];
  } = {},
): OperationRequest {
  return {
    id: id ?? randomUUID(),
    domain: sure(parseDomainName(domain)),
    verb,
    profile: profile === undefined ? null : sure(parseBootProfileName(profile)),
    ...(parameters === undefined ? {} : { parameters }),
    ...(forSeconds === undefined ? {} : { forSeconds }),
    ...(image === undefined ? {} : { image: sure(parseImageName(image)) }),
    key: key ?? null,
    ...(keys === undefined ? {} : { keys }),
    actor: {
      customer: sure(parseCustomerName('alice')),
      fingerprint: sure(parseFingerprint(`SHA256:${'A'.repeat(43)}`)),
      source: '192.0.2.7',
      auditSeq: 7,
      auditHash: createHash('sha256').update('7').digest('hex'),
    },
  };
}

function sure<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a name in a test is none');
  return value;
}
