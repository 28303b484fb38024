import { parseConfig } from './config/config-file.js';
import { readConfig } from './config/config-reading.js';
import type { DomainConfig } from './config/domain-config.js';
import { configAsJson, prettyJson } from './config/domain-config.js';
import { randomUuid } from './randomness.js';

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
    config === null ? '' : `${prettyJson(configAsJson(config, config.uuid ?? randomUuid(), false))}\n`;
  return { stdout, stderr: `Parsing config from ${fileName}\n${stderr}`, status: config === null ? 1 : 0 };
}
