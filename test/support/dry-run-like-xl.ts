import { readFile } from 'node:fs/promises';
import { assignmentText } from '../../server/dom0/toolstack/config-text.js';
import type { Creation, DryRun } from '../../server/dom0/toolstack/toolstack.js';
import { parseXlDryRun, xlConfigRefusal } from '../../server/dom0/toolstack/xl-output.js';
import { dryRunText } from '../../server/simulator/dry-run.js';

/** The answer of `xl -N create`, from the simulated xl's reader in this process. */
export async function dryRunLikeXl({
  config,
  overrides,
}: Pick<Creation, 'config' | 'overrides'>): Promise<DryRun> {
  const text = await readFile(config, 'utf8').catch(() => null);
  if (text === null) return { refused: 'Failed to read config file' };
  const over = overrides.map((each) => `${assignmentText(each)}\n`).join('');
  const { stdout, stderr, status } = dryRunText(text + over, config);
  const reading = status === 0 ? parseXlDryRun(stdout) : { refused: xlConfigRefusal(stderr, config) ?? '' };
  if (reading === undefined) throw new Error(`the dry run of ${config} cannot be read: ${stdout}`);
  return reading;
}
