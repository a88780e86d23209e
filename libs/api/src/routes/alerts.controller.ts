import { Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Alert } from '@seawall/model';
import { SEVERITIES } from '@seawall/model';
import type { AlertFilter, AlertHistory, Page } from '@seawall/ports';
import { cursorAfter } from '@seawall/ports';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiContext } from '../context.ts';
import { API } from '../context.ts';
import { waitApplied } from '../http/applied.ts';
import { readJson } from '../http/body.ts';
import { listPage } from '../http/list.ts';
import { Parameters } from '../http/parameters.ts';
import { Problem } from '../http/problem.ts';
import { Documented } from '../open-api/documented.ts';
import { acknowledgementExample, alertExample, alertHistoryExample, listOf } from '../open-api/examples.ts';
import { parseAcknowledgement } from './parse-acknowledgement.ts';

const STATES: readonly Alert['state'][] = ['pending', 'firing', 'resolved'];
const AT = '2026-09-21T14:05:00.000Z';
const acknowledged = { ...alertExample, revision: 3, updatedAt: AT, ack: { ...acknowledgementExample, at: AT } };

@ApiTags('Alerts')
@Controller('api/v1/alerts')
export class AlertsController {
  constructor(@Inject(API) private readonly api: ApiContext) {}

  @Get()
  @Documented({
    summary: 'Alerts, newest change first',
    query: {
      state: { description: 'Any of these; repeatable.', example: 'firing', values: STATES },
      severity: { description: 'Any of these; repeatable.', example: 'major', values: SEVERITIES },
      rule: { description: 'Only of this rule.', example: 'pm25-high' },
      domain: { description: 'Only in this domain.', example: 'environment' },
      device: { description: 'Only of this device.', example: 'aq-7' },
    },
    list: true,
    answerSchema: 'Alert',
    answers: { 200: listOf(alertExample) },
  })
  async list(@Query() query: unknown): Promise<Page<Alert>> {
    const parameters = new Parameters(query).onlyOfList('state', 'severity', 'rule', 'domain', 'device');
    const filter = filterOf(parameters);
    return listPage(parameters.page(), (page) => this.api.registry.alerts(filter, page));
  }

  @Get(':id')
  @Documented({
    summary: 'One alert with every change it went through',
    path: { id: alertExample.id },
    answerSchema: 'AlertHistory',
    answers: { 200: alertHistoryExample },
    problems: [404],
  })
  async one(@Param('id') id: string, @Query() query: unknown): Promise<AlertHistory> {
    new Parameters(query).only();
    return this.#history(id);
  }

  @Post(':id/ack')
  @HttpCode(200)
  @Documented({
    summary: 'Acknowledge a firing alert',
    description: 'Answers the alert as it then stands; 202 if the engine has yet to come to it.',
    path: { id: alertExample.id },
    body: acknowledgementExample,
    bodySchema: 'Acknowledgement',
    answerSchema: 'Alert',
    answers: { 200: acknowledged, 202: alertExample },
    problems: [404, 409],
  })
  async acknowledge(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Alert> {
    new Parameters(request.query).only();
    const { by, comment } = parseAcknowledgement(await readJson(this.api, request, reply));
    refuseUnlessFiring(await this.#history(id));
    const [appended] = await this.api.journal.append([
      { kind: 'acknowledgement', origin: 'live', payload: { alertId: id, by, comment } },
    ]);
    const applied = await this.#outcome(appended!.seq);
    const history = await this.#history(id);
    if (!applied) reply.code(202);
    // It may have resolved in the moment between.
    else if (history.alert.ack === null) refuseUnlessFiring(history);
    return history.alert;
  }

  /** First the engine must have passed the acknowledgement; what it then decided lies before the log's end. */
  async #outcome(seq: number): Promise<boolean> {
    return (
      (await waitApplied(this.api, cursorAfter({ partition: 0, seq }))) && waitApplied(this.api, this.api.journal.end())
    );
  }

  async #history(id: string): Promise<AlertHistory> {
    const history = await this.api.registry.alert(id);
    if (history === undefined) throw new Problem('not-found', `There is no alert "${id}".`);
    return history;
  }
}

function filterOf(parameters: Parameters): AlertFilter {
  const states = parameters.anyOf('state', STATES);
  const severities = parameters.anyOf('severity', SEVERITIES);
  const rule = parameters.one('rule');
  const domain = parameters.one('domain');
  const device = parameters.one('device');
  return {
    ...(states !== undefined && { states }),
    ...(severities !== undefined && { severities }),
    ...(rule !== undefined && { rule }),
    ...(domain !== undefined && { domain }),
    ...(device !== undefined && { device }),
  };
}

function refuseUnlessFiring({ alert, transitions }: AlertHistory): void {
  // A pending alert that was dropped keeps "pending" as its last published state; where it went tells.
  const state = transitions.at(-1)?.to ?? alert.state;
  if (state === 'firing') return;
  throw new Problem('conflict', `The alert "${alert.id}" is ${state}; only a firing alert can be acknowledged.`);
}
