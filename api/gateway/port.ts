/** The running requests, as the API knows them: start, say something, look. Errors: Refusal by the request, else `unavailable`. */
import type { ApprovalView, RequestView } from '../../contracts/index.js';
import type {
  ActCommand,
  CommandResult,
  CorrespondCommand,
  DecideCommand,
  EventCommand,
  IdentityCommand,
  RequestInput,
} from '../../domain/lifecycle/commands.js';
import type { NoticeCommand } from '../../domain/notices/notices.js';
import type { RunFacts } from '../../domain/lifecycle/facts.js';

export interface Commands {
  readonly identity: IdentityCommand;
  readonly decide: DecideCommand;
  readonly act: ActCommand;
  readonly event: EventCommand;
  readonly correspond: CorrespondCommand;
  readonly notice: NoticeCommand;
}

/** What a running request answers when asked: the same as it projects, and whether quick work is under way. */
export interface LiveView {
  readonly view: RequestView;
  readonly approvals: readonly ApprovalView[];
  readonly busy: boolean;
}

export interface Gateway {
  /** Starts the request's workflow; a request that runs already is fine. Throws GatewayError `unavailable`. */
  start(input: RequestInput): Promise<void>;
  /** The same `updateId` gives the first result again. Throws Refusal (by the request) or GatewayError. */
  update<N extends keyof Commands>(
    requestId: string,
    name: N,
    updateId: string,
    payload: Commands[N],
  ): Promise<CommandResult>;
  /** The live view, or null when nobody answers within the deadline. */
  view(requestId: string, deadlineMs: number): Promise<LiveView | null>;
  /** What a letter written now would be told, or null when nobody answers within the deadline. */
  facts(requestId: string, deadlineMs: number): Promise<RunFacts | null>;
  /** False while no start could succeed. Cached for a moment. */
  reachable(): Promise<boolean>;
}

/** The request said no. `code` is a problem code; `facts` may carry allowedActions, planHash, state. */
export class Refusal extends Error {
  readonly code: string;
  readonly facts: Readonly<Record<string, unknown>>;
  constructor(code: string, facts: Readonly<Record<string, unknown>> = {}) {
    super(code);
    this.name = 'Refusal';
    this.code = code;
    this.facts = facts;
  }
}

export class GatewayError extends Error {
  readonly code = 'unavailable';
  constructor() {
    super('unavailable');
    this.name = 'GatewayError';
  }
}
