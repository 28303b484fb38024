import type { ServerResponse } from 'node:http';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal, RefusalCode } from '../../../policy/refusal.js';
import type { OperationView } from '../../wire/operation.js';
import { wireRefusal } from '../toolstack/wire-refusal.js';

const STATUS: Partial<Record<RefusalCode, number>> = {
  usage: 400,
  'no-such-domain': 404,
  'no-such-profile': 404,
  'not-on-this-host': 409,
  'host-limit': 429,
  'wrong-state': 409,
  busy: 409,
  'audit-unavailable': 503,
  'host-unreachable': 503,
  'toolstack-failed': 502,
  'toolstack-timeout': 504,
  internal: 500,
};

/** Answers with JSON. */
export function send(response: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

/** Answers 200 with JSON, or with the refusal. */
export function reply(response: ServerResponse, answer: object): void {
  if (isRefusal(answer)) refuse(response, answer);
  else send(response, 200, answer);
}

/** Answers with a refusal. @param status by default the one of its code @param inTheWay the operation in its way */
export function refuse(
  response: ServerResponse,
  refused: Refusal,
  status: number = STATUS[refused.code] ?? 500,
  inTheWay: OperationView | null = null,
): void {
  send(response, status, wireRefusal(refused, inTheWay));
}
