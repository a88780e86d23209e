import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Page, SeriesFilter, SeriesSummary } from '@seawall/ports';
import type { ApiContext } from '../context.ts';
import { API } from '../context.ts';
import { AREA_PARAMETERS, areaParameter } from '../http/area.ts';
import { listPage } from '../http/list.ts';
import { Parameters } from '../http/parameters.ts';
import { Documented } from '../open-api/documented.ts';
import { latestExample, listOf, seriesExample } from '../open-api/examples.ts';

const FILTERS = {
  metric: { description: 'Any of these; repeatable.', example: 'pm25' },
  domain: {
    description: "As in a query's `where`: `*` globs, a leading `!` excludes; repeatable.",
    example: 'environment',
  },
  device: { description: 'Likewise.', example: 'aq-*' },
  district: { description: 'Likewise, as is any other label by its name.', example: 'xiangzhou' },
  ...AREA_PARAMETERS,
};
/** Parameters that are no keys of `where`. */
const NO_LABELS = ['metric', 'limit', 'cursor', 'box', 'circle'];

@ApiTags('Series')
@Controller('api/v1')
export class SeriesController {
  constructor(@Inject(API) private readonly api: ApiContext) {}

  @Get('series')
  @Documented({
    summary: 'Known series, by domain, device and metric',
    query: FILTERS,
    list: true,
    answerSchema: 'Series',
    answers: { 200: listOf(seriesExample) },
  })
  async series(@Query() query: unknown): Promise<Page<SeriesSummary>> {
    return this.#page(new Parameters(query));
  }

  @Get('latest')
  @Documented({
    summary: 'The latest reading of each series',
    description: 'By event time, in epoch ms. A page may hold fewer than `limit` where series have no reading yet.',
    query: FILTERS,
    list: true,
    answerSchema: 'Latest',
    answers: { 200: listOf(latestExample) },
  })
  async latest(@Query() query: unknown): Promise<unknown> {
    const { items, next } = await this.#page(new Parameters(query));
    const read = items.filter((item) => item.latest !== null);
    return { items: read.map(({ latest, ...series }) => ({ ...series, ...latest })), next };
  }

  async #page(parameters: Parameters): Promise<Page<SeriesSummary>> {
    const area = areaParameter(parameters);
    const devices = area && (await this.api.registry.devicesWithin(area));
    const filter = { ...filterOf(parameters), ...(devices && { devices }) };
    return listPage(parameters.page(), (page) => this.api.store.series(filter, page));
  }
}

/** `metric` is the series' own; every parameter but the list's is a key of `where`, since labels are open. */
function filterOf(parameters: Parameters): SeriesFilter {
  const metrics = parameters.many('metric');
  const keys = parameters.names().filter((name) => !NO_LABELS.includes(name));
  const where = Object.fromEntries(keys.map((key) => [key, parameters.many(key)!]));
  return { ...(metrics !== undefined && { metrics }), ...(keys.length > 0 && { where }) };
}
