import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { parseConfig } from './config/config-file.js';
import { readConfig } from './config/config-reading.js';
import type { DomainConfig } from './config/domain-config.js';
import { configAsJson, prettyJson } from './config/domain-config.js';

/** Stands for the UUID in a kept answer, where xl draws a new one at each dry run. */
const DRAWN = '@UUID@';

/** xl's reading of a configuration's text, and its messages. The config is null when xl refuses it. */
export function configOf(text: string, fileName: string): { config: DomainConfig | null; stderr: string } {
  const parsed = parseConfig(text, fileName);
  const lines = (said: readonly string[]): string => said.map((line) => `${line}\n`).join('');
  if ('problems' in parsed)
    return { config: null, stderr: lines([...parsed.problems, 'Failed to parse config: Invalid argument']) };
  const read = readConfig(parsed.assignments, fileName);
  return typeof read === 'string'
    ? { config: null, stderr: lines([read]) }
    : { config: read.config, stderr: lines(read.warnings) };
}

/** `xl -N create FILE` for a file with this text, without running anything. */
export function dryRunText(
  text: string,
  fileName: string,
): { stdout: string; stderr: string; status: number } {
  const { config, stderr } = configOf(text, fileName);
  const stdout =
    config === null ? '' : `${prettyJson(configAsJson(config, config.uuid ?? randomUUID(), false))}\n`;
  return { stdout, stderr: `Parsing config from ${fileName}\n${stderr}`, status: config === null ? 1 : 0 };
}

/**
 * Keeps the result of a dry run without overrides. xl.sh answers from it as long as the file has exactly this
 * text: `state/dry/PATH.cfg` is the text, `state/dry/PATH.json` the answer. A file that is refused, or for
 * which xl prints anything on stderr, is not kept. Nor is one where the disk takes nothing more, or the
 * name is too long.
 *
 * @param directory the simulated host's
 */
export function keepDryRun(directory: string, fileName: string, text: string): void {
  const { config, stderr } = configOf(text, fileName);
  if (config === null || stderr !== '' || !isAbsolute(fileName) || text.includes(DRAWN)) return;
  const kept = join(directory, 'state', 'dry', fileName);
  const json = prettyJson(configAsJson(config, config.uuid ?? DRAWN, false));
  try {
    mkdirSync(dirname(kept), { recursive: true });
    // The old text goes first, so that no text ever stands beside the answer to another.
    for (const [end, content] of [
      ['cfg', ''],
      ['json', json],
      ['cfg', text],
    ] as const) {
      writeFileSync(`${kept}.${end}.${process.pid}`, content);
      renameSync(`${kept}.${end}.${process.pid}`, `${kept}.${end}`);
    }
  } catch {
    // xl.ts answers the next time as well.
  }
}
