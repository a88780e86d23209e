import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { ApiContext } from '../context.ts';
import { API } from '../context.ts';
import { AREA_PARAMETERS, areaParameter } from '../http/area.ts';
import { listPageById, mapPage } from '../http/list.ts';
import { Parameters } from '../http/parameters.ts';
import { Problem } from '../http/problem.ts';
import { deviceView, listedDeviceView } from '../http/views.ts';
import { Documented } from '../open-api/documented.ts';
import { deviceExample, listOf } from '../open-api/examples.ts';

@ApiTags('Devices')
@Controller('api/v1/devices')
export class DevicesController {
  constructor(@Inject(API) private readonly api: ApiContext) {}

  @Get()
  @Documented({
    summary: 'Devices, by id',
    query: {
      domain: { description: 'Only devices that published under it.', example: 'environment' },
      search: { description: 'Part of the id or the name.', example: 'aq-' },
      ...AREA_PARAMETERS,
    },
    list: true,
    answerSchema: 'Device',
    answers: { 200: listOf(deviceExample) },
  })
  async list(@Query() query: unknown): Promise<unknown> {
    const parameters = new Parameters(query).onlyOfList('domain', 'search', 'box', 'circle');
    const domain = parameters.one('domain');
    const search = parameters.one('search');
    const area = areaParameter(parameters);
    const filter = {
      ...(domain !== undefined && { domain }),
      ...(search !== undefined && { search }),
      ...(area && { area }),
    };
    return mapPage(
      listPageById(parameters.page(), (page) => this.api.registry.devices(filter, page)),
      listedDeviceView,
    );
  }

  @Get(':id')
  @Documented({
    summary: 'One device',
    path: { id: 'aq-7' },
    answerSchema: 'Device',
    answers: { 200: deviceExample },
    problems: [404],
  })
  async one(@Param('id') id: string, @Query() query: unknown): Promise<unknown> {
    new Parameters(query).only();
    const device = await this.api.registry.device(id);
    if (device === undefined) throw new Problem('not-found', `No device "${id}" has published yet.`);
    return deviceView(device);
  }
}
