import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv';
import { isParameterValue } from '../../policy/boot-parameter.js';
import {
  parseBootProfileName,
  parseCustomerName,
  parseDomainName,
  parseFingerprint,
  parseImageName,
  parseParameterName,
} from '../../policy/names.js';
import { isPrintable } from '../../policy/printable.js';
import { refusal } from '../../policy/refusal.js';
import type { Refusal } from '../../policy/refusal.js';
import type { ConsoleRelease } from './console-release.js';
import type { LogSwitch } from './log.js';
import type { OperationRequest, Withdrawal } from './operation.js';
import type { RescueExtension } from './rescue-extension.js';
import {
  consoleRelease,
  diskClearing,
  logSwitch,
  operationRequest,
  rescueExtension,
  withdrawal,
} from './request-schemas.js';
import { parseSeedKey } from './seed-key.js';

/**
 * Checks the requests to a dom0. An unknown key is an error here: gates are upgraded last, so a gate
 * cannot know more than dom0.
 */

/** A test checks the schemas themselves. Here that would double the time of the first request. */
const ajv = new Ajv({
  strict: true,
  allowUnionTypes: true,
  allErrors: false,
  meta: false,
  validateSchema: false,
});

/** The parsers that make the names also check them, so that schema and brand cannot differ. */
ajv.addFormat('domain-name', (text) => parseDomainName(text) !== undefined);
ajv.addFormat('customer-name', (text) => parseCustomerName(text) !== undefined);
ajv.addFormat('profile-name', (text) => parseBootProfileName(text) !== undefined);
ajv.addFormat('image-name', (text) => parseImageName(text) !== undefined);
ajv.addFormat('parameter-name', (text) => parseParameterName(text) !== undefined);
ajv.addFormat('parameter-value', isParameterValue);
ajv.addFormat('fingerprint', (text) => parseFingerprint(text) !== undefined);
ajv.addFormat('uuid', /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
ajv.addFormat('sha256', /^[0-9a-f]{64}$/);
ajv.addFormat('printable', isPrintable);
ajv.addFormat('seed-key', (text) => parseSeedKey(text) !== undefined);

/**
 * Checks one kind of message from the socket.
 *
 * @returns the value, typed, or a refusal `usage` whose detail says what is wrong
 */
export type Parser<T> = (value: unknown) => T | Refusal;

function parser<T>(what: string, schema: object): Parser<T> {
  let validate: ValidateFunction<T> | undefined;
  return (value) => {
    validate ??= ajv.compile<T>(schema);
    if (validate(value)) return value;
    const first = validate.errors?.[0];
    const where =
      first?.instancePath === '' ? 'it' : (first?.instancePath.slice(1).replaceAll('/', '.') ?? 'it');
    return refusal('usage', `This is not ${what}.`, `not ${what}: ${where} ${first?.message ?? 'is wrong'}`);
  };
}

export const parseOperationRequest = parser<OperationRequest>('an operation request', operationRequest);
export const parseLogSwitch = parser<LogSwitch>('a switch of the log', logSwitch);
export const parseWithdrawal = parser<Withdrawal>('a withdrawal', withdrawal);
export const parseRescueExtension = parser<RescueExtension>('an extension of a rescue', rescueExtension);
export const parseConsoleRelease = parser<ConsoleRelease>('a release of a console', consoleRelease);

/** `PUT /domains/NAME/disk`: an admin says that the disk is whole. */
interface DiskClearing {
  readonly whole: true;
  readonly admin: string;
}

export const parseDiskClearing = parser<DiskClearing>('a word about a disk', diskClearing);
