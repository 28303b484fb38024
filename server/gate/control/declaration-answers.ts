import type { DomainName } from '../../../policy/names.js';
import type { Applied } from '../../store/declarations.js';
import type { Customer, ParameterRow, RoleRow } from '../../store/records.js';
import type { AuthorityView } from './authority-answers.js';
import type { KeyView } from './key-answers.js';

/** `POST /declarations`. */
export interface DeclarationsApplied extends Applied {
  readonly sessionsEnded: number;
}

/** `GET /declarations`: all that files can declare. */
export interface Declared {
  readonly customers: readonly Customer[];
  readonly keys: readonly KeyView[];
  readonly roles: readonly RoleRow[];
  readonly parameters: readonly {
    readonly domain: DomainName;
    readonly parameters: readonly ParameterRow[];
  }[];
  readonly authorities: readonly AuthorityView[];
}
