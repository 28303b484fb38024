import { problemText, type Problem } from '../../../config/problem.js';
import { CliError, EXIT } from './exit-status.js';

export const GATE_SETTINGS = '/etc/postern/gate.yaml';
export const DOM0_SETTINGS = '/etc/postern/dom0.yaml';

/**
 * Unwraps loaded settings.
 *
 * @throws CliError with every problem at its place
 */
export function valid<T>(
  loaded:
    | { readonly ok: true; readonly settings: T }
    | { readonly ok: false; readonly problems: readonly Problem[] },
): T {
  if (loaded.ok) return loaded.settings;
  throw new CliError(`the settings cannot be used:\n${problemText(loaded.problems)}`, EXIT.usage);
}
