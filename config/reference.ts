import { POLICY_SCHEMA } from '../policy/policy-schema.js';
import { CUSTOMERS_SCHEMA } from './customers-schema.js';
import { DOM0_SCHEMA } from './dom0-schema.js';
import { GATE_SCHEMA } from './gate-schema.js';
import { logReference } from './log-reference.js';

/** The documents that are made from the schemas and the log's events, completely or in part. */

interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly const?: string;
  readonly enum?: readonly (string | null)[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly title?: string;
  readonly description?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly oneOf?: readonly SchemaNode[];
}

/** policy/policy.schema.json, for editors. */
export function policySchemaFile(): string {
  return `${JSON.stringify(POLICY_SCHEMA, null, 2)}\n`;
}

/** Puts the references into a document, each between `<!-- reference NAME -->` and `<!-- end -->`. */
export function withReferences(document: string): string {
  const schemas: Readonly<Record<string, object>> = {
    policy: POLICY_SCHEMA,
    customers: CUSTOMERS_SCHEMA,
    gate: GATE_SCHEMA,
    dom0: DOM0_SCHEMA,
  };
  return document.replace(
    /(<!-- reference ([a-z0-9]+) -->\n)[^]*?(<!-- end -->)/g,
    (whole, begin: string, name: string, end: string) => {
      if (name === 'log') return `${begin}\n${logReference()}\n${end}`;
      const schema = schemas[name];
      return schema === undefined ? whole : `${begin}\n${reference(schema)}\n${end}`;
    },
  );
}

/** A key of a settings or policy file. The texts are Markdown with code spans and links, nothing else. */
export interface ReferenceRow {
  /** With the keys above it in its part: `when.zone`. */
  readonly key: string;
  readonly value: string;
  /** `required`, the default as JSON in a code span, or empty. */
  readonly byDefault: string;
  readonly meaning: string;
}

/** The keys below one key of the file, or those with plain values. */
export interface ReferencePart {
  /** Null: the plain values at the top. */
  readonly key: string | null;
  readonly description: string;
  /** One for each kind of entry, where there are several kinds; else one without a title. */
  readonly tables: readonly {
    readonly title: string | null;
    readonly description: string;
    readonly rows: readonly ReferenceRow[];
  }[];
}

/** The keys of gate.yaml, dom0.yaml or a policy file, in the schema's order, the plain values first. @param file its schema */
export function referenceParts(file: object): readonly ReferencePart[] {
  const schema: SchemaNode = file;
  const properties = Object.entries(schema.properties ?? {});
  const values = properties.filter(([, node]) => nested(node).length === 0);
  const plain = values.flatMap(([key, node]) => rows(key, node, schema));
  return [
    ...(values.length === 0
      ? []
      : [{ key: null, description: '', tables: [{ title: null, description: '', rows: plain }] }]),
    ...properties
      .filter((property) => !values.includes(property))
      .map(([key, node]) => ({
        key,
        description: `${node.description ?? ''}${schema.required?.includes(key) === true ? ' Required.' : ''}`,
        tables: nested(node).map((part) => ({
          title: part.title ?? null,
          description: part.description ?? '',
          rows: Object.entries(part.properties ?? {}).flatMap(([name, child]) => rows(name, child, part)),
        })),
      })),
  ];
}

/** A table of the keys with plain values, then a section for each key with further keys. */
function reference(schema: SchemaNode): string {
  return referenceParts(schema)
    .flatMap(({ key, description, tables }) => [
      ...(key === null ? [] : [`### \`${key}:\`\n\n${description}\n`]),
      ...tables.flatMap((one) => [
        ...(one.title === null ? [] : [`**${one.title}**: ${one.description}\n`]),
        table(one.rows),
      ]),
    ])
    .join('\n');
}

/** The mappings inside a key: its own keys, the keys of its entries, or those of each kind of entry. */
function nested(node: SchemaNode): readonly SchemaNode[] {
  if (node.properties !== undefined) return [node];
  const inner =
    node.items ?? (typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined);
  if (inner === undefined) return [];
  return inner.oneOf?.every(({ title }) => title !== undefined) === true ? inner.oneOf : nested(inner);
}

function rows(name: string, node: SchemaNode, parent: SchemaNode): readonly ReferenceRow[] {
  if (node.properties !== undefined) {
    return Object.entries(node.properties).flatMap(([key, child]) => rows(`${name}.${key}`, child, node));
  }
  const key = name.split('.').at(-1) ?? name;
  const byDefault = parent.required?.includes(key) === true ? 'required' : defaultOf(node);
  const row = { key: name, value: kind(node), byDefault, meaning: node.description ?? '' };
  const entry = node.additionalProperties;
  const inner =
    typeof entry === 'object' && entry.properties !== undefined ? rows(`${name}.NAME`, entry, node) : [];
  // Entries that may be plain values or mappings.
  const { items } = node;
  const isMixed = items?.properties !== undefined && Array.isArray(items.type);
  const ofItems = isMixed ? rows(name, items, node) : [];
  return [row, ...inner, ...ofItems];
}

function table(lines: readonly ReferenceRow[]): string {
  const cells = lines.map(
    ({ key, value, byDefault, meaning }) =>
      `| \`${key}\` | ${cell(value)} | ${cell(byDefault)} | ${cell(meaning)} |`,
  );
  return ['| key | value | default | meaning |', '|---|---|---|---|', ...cells, ''].join('\n');
}

function defaultOf(node: SchemaNode): string {
  return node.default === undefined ? '' : `\`${JSON.stringify(node.default)}\``;
}

function kind(node: SchemaNode): string {
  if (node.const !== undefined) return `\`${node.const}\``;
  if (node.enum !== undefined) return node.enum.map((value) => `\`${value}\``).join(', ');
  const types = [node.type ?? []].flat().map((type) => typeName(type, node));
  return types.join(' or ');
}

function typeName(type: string, node: SchemaNode): string {
  switch (type) {
    case 'integer':
      return `${node.minimum ?? 0} to ${node.maximum ?? 'any'}`;
    case 'string':
      return 'text';
    case 'boolean':
      return '`true`, `false`';
    case 'array':
      return node.items === undefined ? 'list' : `list of ${kind(node.items)}`;
    case 'object': {
      const entry = node.additionalProperties;
      return typeof entry === 'object' ? `names, each with ${kind(entry)}` : 'mapping';
    }
    default:
      return `\`${type}\``;
  }
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
