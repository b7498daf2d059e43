/**
 * The identity graph inside one system, to its fixpoint: identifiers find records, sure records yield identifiers and
 * lead over links to further ones. Whoever turns out to be somebody else is taken out and the graph is built again
 * from what was loaded, so that nothing is ever reached through another person.
 */
import type { Document } from 'mongodb';
import type { Identifier, Trust } from '../../domain/plan/types.js';
import { failure } from './errors.js';
import { textOf } from './ids.js';
import {
  identifierKey,
  isHers,
  isSure,
  knownIdentifier,
  knownLink,
  matchesOf,
  type Known,
  type Match,
} from './matching.js';
import { leavesOf } from './paths.js';
import { judgePeople, rowKey, type SignIn } from './people.js';
import type { Dataset, Schema } from './schema.js';
import type { Row, Search } from './search.js';
import { checkedValue, isContact, normalOf } from './spelling.js';

export interface GraphInput {
  readonly schema: Schema;
  readonly search: Search;
  /** Datasets that may be searched. */
  readonly datasets: readonly Dataset[];
  readonly given: readonly Identifier[];
  /** Values of approved refs that were reached over links; their sources may be gone by now. */
  readonly links: readonly Known[];
  readonly maxPeople: number;
  /** Whether a sign-in may be hers at all (targets.ts). */
  readonly isKnown: (row: Row) => boolean;
}

export interface FoundRow {
  readonly row: Row;
  readonly matches: readonly Match[];
  readonly trust: Trust;
  readonly review: string | null;
}

export interface Graph {
  readonly rows: readonly FoundRow[];
  /** Identifiers that records yielded. */
  readonly yielded: readonly Identifier[];
  /** Everything sure that is nobody else's as well: what an element of a shared record may be recognised by. */
  readonly sure: ReadonlyMap<string, Known>;
}

interface Closure {
  readonly known: Map<string, Known>;
  readonly weak: Map<string, Known>;
}

/** More identifiers than this are not one person's. */
const MOST_IDENTIFIERS = 500;

export async function buildGraph(input: GraphInput): Promise<Graph> {
  for (const given of input.given) checkedValue(given.type, given.value);
  const blocked = new Map<string, string>();
  const tainted = new Set<string>();
  for (;;) {
    const closure = await close(input, blocked, tainted);
    if (closure !== null) return await finish(input, closure, blocked, tainted);
  }
}

/**
 * Judges the people seen so far. True when somebody turned out to be somebody else: what was built on them is void.
 * Verdicts only ever grow, so that the search ends.
 */
function judgeSoFar(input: GraphInput, closure: Closure, blocked: Map<string, string>, tainted: Set<string>): boolean {
  const verdicts = judgePeople(signInsOf(input, closure), input.maxPeople, input.isKnown);
  const before = blocked.size + tainted.size;
  for (const [key, code] of verdicts.blocked) if (!blocked.has(key)) blocked.set(key, code);
  for (const key of verdicts.tainted) tainted.add(key);
  return blocked.size + tainted.size > before;
}

/**
 * Proven first, then what other systems or earlier rounds derived, so that a second run ranks people as the first.
 * Null when people were judged anew on the way and it has to be built again.
 */
async function close(input: GraphInput, blocked: Map<string, string>, tainted: Set<string>): Promise<Closure | null> {
  const closure: Closure = { known: new Map(), weak: new Map() };
  const phases: Known[][] = [
    input.given.filter((g) => g.trust === 'proven').map((g) => knownIdentifier(g, 0)),
    [...input.given.filter((g) => g.trust === 'system').map((g) => knownIdentifier(g, 0)), ...input.links],
  ];
  for (const phase of phases) {
    const depth = phase === phases[0] ? 0 : 1 + Math.max(0, ...[...closure.known.values()].map((k) => k.depth));
    for (const known of phase) if (!closure.known.has(known.key)) closure.known.set(known.key, { ...known, depth });
    do {
      await load(input, closure.known.values());
      // Before anything is followed: nobody's records are read because they share an address with her.
      if (judgeSoFar(input, closure, blocked, tainted)) return null;
    } while (expand(input, closure, blocked, tainted));
  }
  for (const given of input.given) {
    const known = knownIdentifier(given, 0);
    if (!isSure(given.trust) && !closure.known.has(known.key)) closure.weak.set(known.key, known);
  }
  return closure;
}

async function load(input: GraphInput, known: Iterable<Known>): Promise<void> {
  const all = [...known];
  if (all.filter((k) => k.at === null).length > MOST_IDENTIFIERS) throw failure('too_many_targets', 'identifiers');
  for (const dataset of input.datasets) await input.search.load(dataset, all);
}

/** One hop: what the sure records known so far yield. True when something new came. */
function expand(
  input: GraphInput,
  closure: Closure,
  blocked: ReadonlyMap<string, string>,
  tainted: ReadonlySet<string>,
): boolean {
  const before = new Map(closure.known);
  for (const dataset of input.datasets) {
    for (const row of input.search.of(dataset)) {
      const matches = sureMatches(row, before, tainted);
      if (matches.length === 0 || reviewOf(row, matches, blocked) !== null) continue;
      const depth = 1 + Math.min(...matches.map((m) => m.known.depth));
      for (const known of yieldsOf(dataset, row.document, matches, depth)) {
        const into = isSure(known.trust) ? closure.known : closure.weak;
        if (!into.has(known.key)) into.set(known.key, known);
      }
    }
  }
  return closure.known.size > before.size;
}

function sureMatches(row: Row, known: ReadonlyMap<string, Known>, tainted: ReadonlySet<string>): Match[] {
  const sure = matchesOf(row.dataset, row.document, known).filter((m) => isSure(m.trust));
  // A sign-in is judged as a person, not by what it shares.
  return row.dataset.policy.signIn ? sure : sure.filter((m) => !tainted.has(m.known.key));
}

/** Why a record with a sure match must be looked at all the same. */
function reviewOf(row: Row, matches: readonly Match[], blocked: ReadonlyMap<string, string>): string | null {
  const judged = blocked.get(rowKey(row));
  if (judged !== undefined) return judged;
  const { organisation, policy } = row.dataset;
  if (policy.role !== 'processor' || organisation === null) return null;
  const named = new Set(leavesOf(row.document, organisation).map((leaf) => textOf(leaf.value)));
  // Without one certain controller nobody could decide over the record.
  if (named.size === 0 || named.has(null) || named.has('')) return 'no_organisation';
  return named.size > 1 && matches.length > 0 ? 'several_organisations' : null;
}

function yieldsOf(dataset: Dataset, document: Document, matches: readonly Match[], depth: number): Known[] {
  const yields: Known[] = [];
  for (const search of dataset.searches) {
    for (const leaf of leavesOf(document, search.path)) {
      const text = textOf(leaf.value);
      if (text === null || normalOf(search.type, leaf.value) === null || !isHers(dataset, leaf, matches)) continue;
      yields.push(
        knownIdentifier({ type: search.type, value: text, trust: search.declared ? 'declared' : 'system' }, depth),
      );
    }
  }
  for (const edge of dataset.edges) {
    for (const leaf of leavesOf(document, edge.from)) {
      const text = textOf(leaf.value);
      if (text === null || text === '' || !isHers(dataset, leaf, matches)) continue;
      const { to } = edge;
      if (to.kind === 'path') yields.push(knownLink(to.dataset, to.path, text, edge.trust, depth));
      else yields.push(knownIdentifier({ type: to.type, value: text, trust: edge.trust }, depth));
    }
  }
  return yields;
}

function signInsOf(input: GraphInput, closure: Closure): SignIn[] {
  const signIns: SignIn[] = [];
  for (const dataset of input.datasets) {
    if (!dataset.policy.signIn) continue;
    for (const row of input.search.of(dataset)) {
      const matches = matchesOf(dataset, row.document, closure.known).filter((m) => isSure(m.trust));
      if (matches.length > 0) signIns.push({ row, matches });
    }
  }
  return signIns;
}

/** Adds the one hop over weak identifiers (to be looked at, never followed) and reads the result off. */
async function finish(
  input: GraphInput,
  closure: Closure,
  blocked: ReadonlyMap<string, string>,
  tainted: ReadonlySet<string>,
): Promise<Graph> {
  const weak = new Map([...closure.weak].filter(([key]) => !closure.known.has(key)));
  await load(input, weak.values());
  const all = new Map([...weak, ...closure.known]);
  const rows: FoundRow[] = [];
  for (const dataset of input.datasets) {
    for (const row of input.search.of(dataset)) {
      const found = judge(row, all, blocked, tainted);
      if (found !== null) rows.push(found);
    }
  }
  const given = new Set(input.given.map((g) => identifierKey(g.type, g.value)));
  const yielded = [...all.values()]
    .filter((k) => k.at === null && !given.has(k.key))
    .map(({ type, value, trust, key }) => ({ type, value, trust: tainted.has(key) ? ('declared' as const) : trust }));
  return { rows, yielded, sure: new Map([...closure.known].filter(([key]) => !tainted.has(key))) };
}

/** The best route decides: a record that a proven identifier reached is sure, whatever else it also matches. */
function judge(
  row: Row,
  all: ReadonlyMap<string, Known>,
  blocked: ReadonlyMap<string, string>,
  tainted: ReadonlySet<string>,
): FoundRow | null {
  const matches = matchesOf(row.dataset, row.document, all);
  if (matches.length === 0) return null;
  const strong = matches.filter((m) => isSure(m.trust));
  const clean = row.dataset.policy.signIn ? strong : strong.filter((m) => !tainted.has(m.known.key));
  if (clean.length > 0) {
    const trust = clean.some((m) => m.trust === 'proven') ? 'proven' : 'system';
    return { row, matches: clean, trust, review: reviewOf(row, clean, blocked) };
  }
  if (strong.length > 0) {
    const trust = strong.some((m) => m.trust === 'proven') ? 'proven' : 'system';
    if (!strong.some((m) => isContact(m.known.type))) return { row, matches: strong, trust, review: 'second_sign_in' };
    const crowded = [...blocked.values()].includes('too_many_people');
    return { row, matches: strong, trust, review: crowded ? 'too_many_people' : 'shared_address' };
  }
  const declared = matches.some((m) => m.trust === 'declared');
  return {
    row,
    matches,
    trust: declared ? 'declared' : 'unproven',
    review: declared ? 'declared_link' : 'unproven_identifier',
  };
}
