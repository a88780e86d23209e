import { Controller, Delete, Get, Inject, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { parseRule, RuleError } from '@seawall/alerts';
import type { Rule, RuleVersion } from '@seawall/model';
import type { Page } from '@seawall/ports';
import { shown } from '@seawall/query';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiContext } from '../context.ts';
import { API } from '../context.ts';
import { readJson } from '../http/body.ts';
import { listPageById } from '../http/list.ts';
import { Parameters } from '../http/parameters.ts';
import { Problem } from '../http/problem.ts';
import { Documented } from '../open-api/documented.ts';
import { listOf, ruleExample, ruleVersionExample, ruleVersionExamples } from '../open-api/examples.ts';
import type { RuleChange } from './rule-changes.ts';
import { RuleChanges } from './rule-changes.ts';

const IF_MATCH = {
  'If-Match': { description: 'The ETag of the version that is meant; 412 if it is no more.', example: '"1"' },
};
const IF_NONE_MATCH = {
  'If-None-Match': { description: 'With * a rule is only added: 412 if there is one under this id.', example: '*' },
};
const CHANGE_PROBLEMS = [409, 412];

@ApiTags('Rules')
@Controller('api/v1/rules')
export class RulesController {
  constructor(
    @Inject(API) private readonly api: ApiContext,
    @Inject(RuleChanges) private readonly changes: RuleChanges,
  ) {}

  @Get()
  @Documented({
    summary: 'Rules, by id',
    list: true,
    answerSchema: 'RuleVersion',
    answers: { 200: listOf(...ruleVersionExamples) },
  })
  async list(@Query() query: unknown): Promise<Page<RuleVersion>> {
    const page = new Parameters(query).onlyOfList().page();
    return listPageById(page, (request) => this.api.registry.rules(request));
  }

  @Get(':id')
  @Documented({
    summary: 'One rule',
    path: { id: 'pm25-high' },
    answerSchema: 'RuleVersion',
    answers: { 200: ruleVersionExample },
    problems: [404],
  })
  async one(
    @Param('id') id: string,
    @Query() query: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RuleVersion> {
    new Parameters(query).only();
    const version = await this.changes.current(id);
    mustExist(id, version);
    reply.header('etag', etag(version));
    return version;
  }

  @Post()
  @Documented({
    summary: 'Add a rule',
    description: 'In force when answered 201; 202 if the engine has yet to come to it.',
    body: ruleExample,
    bodySchema: 'Rule',
    answerSchema: 'RuleVersion',
    answers: { 201: ruleVersionExample, 202: ruleVersionExample },
    problems: CHANGE_PROBLEMS,
  })
  async add(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<RuleVersion> {
    new Parameters(request.query).only();
    const rule = ruleOf(await readJson(this.api, request, reply));
    const change = await this.changes.change(rule.id, rule, async (current) => {
      if (exists(current)) throw new Problem('conflict', `There is a rule "${rule.id}" already; change it with PUT.`);
      await this.#refuseTooMany();
    });
    reply.header('location', `/api/v1/rules/${encodeURIComponent(rule.id)}`);
    return answer(reply, change, 201);
  }

  @Put(':id')
  @Documented({
    summary: 'Change a rule, or add it under this id',
    path: { id: 'pm25-high' },
    headers: { ...IF_MATCH, ...IF_NONE_MATCH },
    body: ruleExample,
    bodySchema: 'Rule',
    answerSchema: 'RuleVersion',
    answers: { 200: { ...ruleVersionExample, version: 2 }, 201: ruleVersionExample, 202: ruleVersionExample },
    problems: CHANGE_PROBLEMS,
  })
  async put(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RuleVersion> {
    new Parameters(request.query).only();
    const rule = ruleOf(await readJson(this.api, request, reply), id);
    let status = 200;
    const change = await this.changes.change(id, rule, async (current) => {
      checkIfMatch(request, current);
      checkIfNoneMatch(request, current);
      if (exists(current)) return;
      status = 201;
      await this.#refuseTooMany();
    });
    return answer(reply, change, status);
  }

  @Delete(':id')
  @Documented({
    summary: 'Delete a rule',
    path: { id: 'pm25-high' },
    headers: IF_MATCH,
    answerSchema: 'RuleVersion',
    answers: { 204: null, 202: { ...ruleVersionExample, version: 2, rule: null } },
    problems: [404, 409, 412],
  })
  async remove(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RuleVersion | undefined> {
    new Parameters(request.query).only();
    const change = await this.changes.change(id, null, (current) => {
      mustExist(id, current);
      checkIfMatch(request, current);
    });
    if (!change.applied) return answer(reply, change, 202);
    reply.code(204);
    return undefined;
  }

  async #refuseTooMany(): Promise<void> {
    const { rules: limit } = this.api.limits;
    if ((await this.api.registry.allRules()).length < limit) return;
    throw new Problem('conflict', `The hub keeps ${limit} rules at most; delete one first.`);
  }
}

function answer(reply: FastifyReply, { version, applied }: RuleChange, status: number): RuleVersion {
  reply.code(applied ? status : 202).header('etag', etag(version));
  return version;
}

/** @param id of the path, which a body without one takes */
function ruleOf(body: unknown, id?: string): Rule {
  const fields =
    typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Record<string, unknown>) : undefined;
  if (fields !== undefined && id !== undefined && (fields['id'] ?? id) !== id) {
    throw new Problem('invalid-rule', `The rule's id is ${shown(fields['id'])}, but the path says "${id}".`);
  }
  try {
    return parseRule(fields !== undefined && id !== undefined ? { ...fields, id } : body);
  } catch (cause) {
    if (!(cause instanceof RuleError)) throw cause;
    throw new Problem('invalid-rule', cause.message, { members: { issues: cause.issues }, cause });
  }
}

type Existing = RuleVersion & { readonly rule: Rule };

function exists(version: RuleVersion | undefined): version is Existing {
  return version !== undefined && version.rule !== null;
}

function mustExist(id: string, version: RuleVersion | undefined): asserts version is Existing {
  if (!exists(version)) throw new Problem('not-found', `There is no rule "${id}".`);
}

function etag(version: RuleVersion): string {
  return `"${version.version}"`;
}

/** RFC 9110, 13.1.1: "*" asks only that there is one. */
function checkIfMatch(request: FastifyRequest, current: RuleVersion | undefined): void {
  const header = request.headers['if-match'];
  if (header === undefined) return;
  const tags = header.split(',').map((tag) => tag.trim());
  if (exists(current) && (tags.includes('*') || tags.includes(etag(current)))) return;
  const now = exists(current) ? `it is at version ${current.version}` : 'there is none';
  throw new Problem('precondition-failed', `If-Match asks for ${header}, but ${now}.`);
}

/** RFC 9110, 13.1.2: "*" asks that there is none yet. Tags are compared weakly. */
function checkIfNoneMatch(request: FastifyRequest, current: RuleVersion | undefined): void {
  const header = request.headers['if-none-match'];
  if (header === undefined || !exists(current)) return;
  const tags = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (!tags.includes('*') && !tags.includes(etag(current))) return;
  throw new Problem(
    'precondition-failed',
    `If-None-Match excludes ${header}, but the rule is at version ${current.version}.`,
  );
}
