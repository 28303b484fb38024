import type { Refusal } from '../../../policy/refusal.js';
import type { OperationView, WireRefusal } from '../../wire/operation.js';
import { TEXT_LIMITS } from '../../wire/text-limits.js';
import { presentable } from './reason.js';

/** A refusal as it crosses the socket: printable and without paths, whatever the toolstack printed. */
export function wireRefusal(refused: Refusal, inTheWay: OperationView | null = null): WireRefusal {
  return {
    code: refused.code,
    message: presentable(refused.message),
    detail: presentable(refused.detail, TEXT_LIMITS.detail),
    operation: inTheWay,
  };
}
