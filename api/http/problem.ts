/** The one error of the HTTP edge, and its rendering as problem+json. Nothing that a caller sent is repeated in it. */
import type { Response } from 'express';
import { PROBLEMS, type Problem, type ProblemCode } from '../../contracts/index.js';

export interface FieldError {
  /** JSON pointer into the body, or the name of a query parameter. */
  readonly pointer: string;
  readonly detail: string;
}

export class HttpProblem extends Error {
  readonly code: ProblemCode;
  readonly detail: string | undefined;
  readonly errors: readonly FieldError[] | undefined;
  /** Further members: allowedActions, planHash, state, … Never personal data. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ProblemCode,
    options: {
      readonly detail?: string;
      readonly errors?: readonly FieldError[];
      readonly facts?: Readonly<Record<string, unknown>>;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(code);
    this.name = 'HttpProblem';
    this.code = code;
    this.detail = options.detail;
    this.errors = options.errors;
    this.facts = options.facts ?? {};
    this.headers = options.headers ?? {};
  }
}

const RESERVED = new Set(['type', 'title', 'status', 'detail', 'instance', 'code', 'errors', 'traceId']);

export function problemBody(problem: HttpProblem, traceId: string): Problem {
  const { status, title } = PROBLEMS[problem.code];
  const facts = Object.fromEntries(Object.entries(problem.facts).filter(([name]) => !RESERVED.has(name)));
  return {
    type: `/docs/problems#${problem.code}`,
    title,
    status,
    ...(problem.detail === undefined ? {} : { detail: problem.detail }),
    instance: `urn:habeas:trace:${traceId}`,
    code: problem.code,
    ...(problem.errors === undefined ? {} : { errors: [...problem.errors] }),
    ...facts,
    traceId,
  };
}

export function sendProblem(response: Response, problem: HttpProblem, traceId: string): void {
  const { status } = PROBLEMS[problem.code];
  if (status === 503 || status === 429) response.setHeader('Retry-After', problem.headers['Retry-After'] ?? '5');
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
  response.setHeader('Cache-Control', 'no-store');
  response
    .status(status)
    .type('application/problem+json')
    .send(JSON.stringify(problemBody(problem, traceId)));
}
