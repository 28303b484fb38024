import {
  acceptsValue,
  isParameterValue,
  lineParts,
  PARAMETER_VALUE_WORDS,
  wholePattern,
} from '../policy/boot-parameter.js';
import { MOST_CHOICES } from '../policy/boot-parameter.js';
import type { Chooser, ParameterRule } from '../policy/boot-parameter.js';
import type { ParameterName } from '../policy/names.js';
import { DOMAIN_PARAMETER } from '../policy/names.js';
import type { DocumentPath } from '../policy/schema-fault.js';
import type { SettingsReader } from './settings-reader.js';

/**
 * A parameter of a profile's command line: its title, its rule, and perhaps a default that the rule allows.
 */
export interface ProfileParameter extends ParameterRule {
  readonly title: string;
  readonly default: string | null;
  /** With `customer` it has `values`. */
  readonly chooser: Chooser;
}

/**
 * A command line and its parameters. Each parameter in the line must be declared, and each declared one must
 * be used.
 */
export function commandLine(
  profile: DocumentPath,
  reader: SettingsReader,
): {
  readonly extra: string;
  readonly parameters: Readonly<Record<ParameterName, ProfileParameter>>;
} {
  const at = (key: string): DocumentPath => [...profile, key];
  const extra = reader.line(at('extra'));
  const parameters = reader.mapping(at('parameters'), (name, path) => parameter(name, path, reader));
  const declared = Object.keys(parameters);
  const used = new Set<string>();
  for (const part of lineParts(extra)) {
    if ('reference' in part) used.add(part.reference);
    else if (part.text.includes('${')) reader.error(at('extra'), 'A `${` is not closed by a `}`.');
  }
  for (const name of used) {
    if (name === DOMAIN_PARAMETER || declared.includes(name)) continue;
    reader.unknown(at('extra'), `There is no parameter \`${name}\` in this profile.`, name, [
      ...declared,
      DOMAIN_PARAMETER,
    ]);
  }
  for (const name of declared) {
    if (!used.has(name) && name !== DOMAIN_PARAMETER)
      reader.error([...at('parameters'), name], `\`extra\` does not use \`\${${name}}\`.`);
  }
  const choices = Object.values(parameters).reduce(
    (product, { chooser, values }) => (chooser === 'customer' ? product * (values?.length ?? 1) : product),
    1,
  );
  if (choices > MOST_CHOICES)
    reader.error(
      at('parameters'),
      `Customers would have ${choices} ways to boot this profile: the menu shows each, and has room for ${MOST_CHOICES}.`,
    );
  for (const path of [at('kernel'), at('ramdisk'), ...reader.list(at('addDisks'), (disk) => disk)]) {
    if (reader.text(path).includes('${'))
      reader.error(path, 'Only `extra` may have parameters: no path depends on them.');
  }
  return { extra, parameters };
}

function parameter(name: string, path: DocumentPath, reader: SettingsReader): ProfileParameter {
  const at = (key: string): DocumentPath => [...path, key];
  if (name === DOMAIN_PARAMETER)
    reader.error(
      path,
      'A parameter cannot be called `domain`: that is the name of the domain, and built in.',
    );
  const values = reader.orNull(at('values'), (list) => reader.list(list, (value) => word(value, reader)));
  const pattern = reader.orNull(at('pattern'), (text) => reader.text(text));
  const byDefault = reader.orNull(at('default'), (value) => word(value, reader));
  const rule = { values, pattern };
  const chooser = reader.text(at('chooser')) === 'customer' ? 'customer' : 'admin';
  if (chooser === 'customer' && pattern !== null)
    reader.error(at('pattern'), 'A customer chooses from a closed list: write `values`.');
  if ((values === null) === (pattern === null)) {
    reader.error(path, 'A parameter has either `values` or a `pattern`.');
  } else if (pattern !== null && !isPattern(pattern)) {
    reader.error(at('pattern'), `"${pattern}" is not a regular expression.`);
  } else if (byDefault !== null && isParameterValue(byDefault) && !acceptsValue(rule, byDefault)) {
    reader.error(at('default'), `"${byDefault}" is not what the parameter may be by its own rule.`);
  }
  return { title: reader.line(at('title')), ...rule, default: byDefault, chooser };
}

/**
 * Reads a value that must be one word. This comes first, so that a wrong default is not reported as breaking
 * the rule too.
 */
function word(path: DocumentPath, reader: SettingsReader): string {
  const text = reader.text(path);
  if (!isParameterValue(text))
    reader.error(path, `${JSON.stringify(text)} cannot be a value.`, PARAMETER_VALUE_WORDS);
  return text;
}

function isPattern(text: string): boolean {
  try {
    wholePattern(text);
    return true;
  } catch {
    return false;
  }
}
