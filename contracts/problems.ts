/**
 * Every error the API can answer with (RFC 9457): a stable code, its status, and one sentence for the docs.
 * A code is also the only thing that may stand in a Temporal failure type, so a refusal by a running request travels to
 * the caller unchanged. Never rename one; add instead.
 */
import * as z from 'zod';

export const PROBLEMS = {
  malformed_json: { status: 400, title: 'The body is not valid JSON' },
  malformed_request: { status: 400, title: 'A header or the body is not in the form that is asked for' },
  idempotency_key_missing: { status: 400, title: 'This call needs an Idempotency-Key header' },
  unauthenticated: { status: 401, title: 'No valid token or signature' },
  forbidden: { status: 403, title: 'Your role does not allow this' },
  scope_missing: { status: 403, title: 'Your token lacks a scope that this needs' },
  four_eyes: { status: 403, title: 'Somebody else must decide this' },
  not_the_party: { status: 403, title: 'This decision belongs to another party' },
  foreign_key: { status: 403, title: 'The signing key belongs to another party' },
  code_invalid: { status: 403, title: 'The code is wrong, used up or too old' },
  attachment_unknown: { status: 422, title: 'No such attachment of this request, or of another kind' },
  attachment_required: { status: 422, title: 'This ground needs an attachment that proves it' },
  message_required: { status: 422, title: 'Name a stored message of the person' },
  instant_outside: { status: 422, title: 'The instant lies in the future or before what it follows' },
  not_found: { status: 404, title: 'There is nothing here, or it is not yours' },
  method_not_allowed: { status: 405, title: 'This address does not know that method' },
  action_not_allowed: { status: 409, title: 'The state of the request does not allow this' },
  already_decided: { status: 409, title: 'This approval is decided' },
  plan_changed: { status: 409, title: 'The plan changed after it was shown' },
  event_id_reused: { status: 409, title: 'This webhook id came before with another body' },
  idempotency_running: { status: 409, title: 'The first call with this Idempotency-Key is still running' },
  identity_closed: { status: 409, title: 'The identity of this request is already decided' },
  identity_not_verified: { status: 409, title: 'The identity of the person is not verified yet' },
  people_promised: { status: 409, title: 'This operator promises to tell everybody of a breach at once' },
  ground_differs: { status: 409, title: 'The first person gave another ground' },
  extension_too_late: { status: 409, title: 'The time to announce an extension is over' },
  not_ready: { status: 409, title: 'It does not exist yet' },
  package_released: { status: 409, title: 'The package is released; only its subject may fetch it' },
  package_expired: { status: 410, title: 'The time to fetch the package is over; it is gone' },
  approval_expired: { status: 410, title: 'The time to decide is over' },
  forgotten: { status: 410, title: 'The personal data of this request is destroyed' },
  precondition_failed: { status: 412, title: 'It changed since you read it' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'Send application/json' },
  validation_failed: { status: 422, title: 'The content is not valid' },
  invalid_case: { status: 422, title: 'A field of the case is missing or not valid' },
  idempotency_key_reused: { status: 422, title: 'This Idempotency-Key came before with another body' },
  operator_unknown: { status: 422, title: 'No such operator' },
  right_unknown: { status: 422, title: 'The law that binds this operator does not know this right' },
  right_not_offered: { status: 422, title: 'This operator does not offer this right' },
  received_in_future: { status: 422, title: 'receivedAt lies in the future' },
  purpose_unknown: { status: 422, title: 'The pack does not know this purpose' },
  identity_level_too_low: { status: 422, title: 'This right needs a higher identity level' },
  identifier_unknown: { status: 422, title: 'identifiers names a position that the subject does not have' },
  identifiers_required: { status: 422, title: 'Say which identifiers this proves' },
  person_required: { status: 422, title: 'Only a person may reject' },
  reason_required: { status: 422, title: 'A rejection needs ground and reason' },
  dataset_unknown: { status: 422, title: 'scope.datasets must name datasets of this approval' },
  time_outside: { status: 422, title: 'This lies before the breach was known, or in the future' },
  step_unknown: { status: 422, title: 'No such step' },
  answer_outside_question: { status: 422, title: 'The answer lies before the question or in the future' },
  precondition_required: { status: 428, title: 'This call needs an If-Match header' },
  rate_limited: { status: 429, title: 'Too many calls' },
  internal: { status: 500, title: 'Something broke on our side' },
  policy_unknown: { status: 422, title: 'No such policy pack is kept here' },
  second_match_needed: { status: 422, title: 'This address alone does not prove the person' },
  mandate_required: { status: 422, title: 'Somebody speaks for the person: the mandate must be checked' },
  transfer_to_erased: { status: 422, title: 'Ownership cannot go to somebody who is being erased' },
  not_yet_available: { status: 501, title: 'Habeas does not do this yet' },
  unavailable: { status: 503, title: 'A part that is needed is away; try again' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

export function isProblemCode(code: unknown): code is ProblemCode {
  return typeof code === 'string' && Object.hasOwn(PROBLEMS, code);
}

/** Body of `application/problem+json`. `facts` of a refusal (allowedActions, planHash, …) stand beside the standard members. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    instance: z.string(),
    code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
    allowedActions: z.array(z.string()).optional(),
    traceId: z.string(),
  })
  .catchall(z.unknown())
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problemSchema>;
