/** Where a fault stands in a YAML file: from keys and list positions to line and column. */
import { isMap, isNode, isPair, isScalar, isSeq, type Document, type LineCounter, type Node } from 'yaml';

/** One fault of one file, as `policy check` prints it. */
export interface FileFault {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** Keys and positions joined by dots; `(file)` for the file as a whole. */
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

/** `file:line:column path message` */
export function faultLine(fault: FileFault): string {
  return `${fault.file}:${fault.line}:${fault.column} ${fault.path} ${fault.message}`;
}

/** Faults of one file from top to bottom. */
export function inOrder(faults: readonly FileFault[]): readonly FileFault[] {
  return [...faults].sort((a, b) => a.line - b.line || a.column - b.column);
}

/** A folder of policies has faults: none of its packs is used. */
export class PolicyFaultsError extends Error {
  readonly code = 'policy_invalid';
  readonly faults: readonly FileFault[];
  constructor(faults: readonly FileFault[]) {
    super(['policy_invalid:', ...faults.map(faultLine)].join('\n'));
    this.name = 'PolicyFaultsError';
    this.faults = faults;
  }
}

/** Builds faults of one parsed document. */
export class FaultPlaces {
  readonly #file: string;
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(file: string, document: Document, lines: LineCounter) {
    this.#file = file;
    this.#document = document;
    this.#lines = lines;
  }

  /** A fault at a value, or at the nearest thing around it that is written down. */
  at(path: readonly (string | number)[], code: string, message: string): FileFault {
    return this.#fault(this.#offsetOf(path), path, code, message);
  }

  /** A fault at a key itself: one that should not be there. */
  atKey(path: readonly (string | number)[], key: string, code: string, message: string): FileFault {
    const parent = this.#nodeAt(path);
    const pair = isMap(parent)
      ? parent.items.find(({ key: node }) => isScalar(node) && String(node.value) === key)
      : undefined;
    const offset = isNode(pair?.key) ? startOf(pair.key) : this.#offsetOf(path);
    return this.#fault(offset, [...path, key], code, message);
  }

  /** A fault at a place of the text, for what is not YAML at all. */
  atOffset(offset: number, code: string, message: string): FileFault {
    return this.#fault(offset, [], code, message);
  }

  #fault(offset: number, path: readonly (string | number)[], code: string, message: string): FileFault {
    const { line, col } = this.#lines.linePos(offset);
    return {
      file: this.#file,
      line: Math.max(1, line),
      column: Math.max(1, col),
      path: path.length === 0 ? '(file)' : path.join('.'),
      code,
      message,
    };
  }

  #offsetOf(path: readonly (string | number)[]): number {
    for (let length = path.length; length > 0; length -= 1) {
      const parent = this.#nodeAt(path.slice(0, length - 1));
      const last = path[length - 1];
      if (isMap(parent)) {
        const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(last));
        if (isPair(pair))
          return startOf(isNode(pair.value) && pair.value.range ? pair.value : isNode(pair.key) ? pair.key : parent);
      }
      if (isSeq(parent)) {
        const item = typeof last === 'number' ? parent.items[last] : undefined;
        if (isNode(item)) return startOf(item);
      }
    }
    return isNode(this.#document.contents) ? startOf(this.#document.contents) : 0;
  }

  #nodeAt(path: readonly (string | number)[]): Node | undefined {
    const node: unknown = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true);
    return isNode(node) ? node : undefined;
  }
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}
