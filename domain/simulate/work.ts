/** What people still have to do for a request, in stages (docs/simulation.md: the service model). */
import type { Instant } from '../words.js';
import type { OpenRequest, SimulatedRole, SimulatedRules } from './types.js';

/** Working days that somebody takes; staff of the operator act on the day on which it is their turn. */
export const LEAD_DAYS: Readonly<Record<SimulatedRole | 'subject', number>> = {
  privacy_officer: 0,
  second_person: 0,
  organisation: 5,
  subject: 5,
};

export interface Task {
  readonly role: SimulatedRole | 'subject';
  /** The officer or the organisation that must do it; null = anybody of the role. */
  readonly who: string | null;
  /** When it was asked for; null = when its turn comes. */
  readonly askedAt: Instant | null;
}

/** Tasks of a stage wait for nobody but the stages before; the answer goes out when the last stage is done. */
export type Stage = readonly Task[];

/** The open question to the subject, if the request waits for one. */
export function openQuestion(request: OpenRequest): { readonly askedAt: Instant } | null {
  if (request.state !== 'waiting_for_subject') return null;
  return request.pauses.findLast(({ answeredAt }) => answeredAt === null) ?? { askedAt: request.receivedAt };
}

export function stagesOf(request: OpenRequest, rules: SimulatedRules): readonly Stage[] {
  const officer: Task = { role: 'privacy_officer', who: request.owner, askedAt: null };
  const pending: Stage = request.waiting.map(({ kind, organisation, requestedAt }) => {
    if (kind === 'organisation') return { role: 'organisation', who: organisation, askedAt: requestedAt };
    if (kind === 'second_person') return { role: 'second_person', who: null, askedAt: requestedAt };
    return { ...officer, askedAt: requestedAt };
  });
  const byHand: Stage = request.byHand > 0 ? [officer] : [];
  switch (request.state) {
    case 'received':
    case 'identifying':
      return [[officer], expected(request, rules, officer), released(request, rules, officer)];
    case 'waiting_for_subject':
      return [
        [{ role: 'subject', who: null, askedAt: openQuestion(request)?.askedAt ?? null }],
        [officer],
        pending.length > 0 ? pending : expected(request, rules, officer),
        released(request, rules, officer),
      ];
    case 'discovering':
      return [expected(request, rules, officer), released(request, rules, officer)];
    case 'responding':
      return [pending];
    default:
      return [[...pending, ...byHand], released(request, rules, officer)];
  }
}

/** Nobody knows yet what will be found: every rule that could apply to the right applies. */
function expected(request: OpenRequest, rules: SimulatedRules, officer: Task): Stage {
  const kinds = new Set(
    rules.decisions.filter(({ rights }) => rights === null || rights.includes(request.right)).map(({ by }) => by),
  );
  return [...kinds].sort().map((by) => (by === 'privacy_officer' ? officer : { role: by, who: null, askedAt: null }));
}

function released(request: OpenRequest, rules: SimulatedRules, officer: Task): Stage {
  const packaged = request.right === 'access' || request.right === 'portability';
  return packaged && rules.release === 'officer' ? [officer] : [];
}
