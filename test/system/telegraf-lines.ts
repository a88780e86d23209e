/**
 * What Telegraf 1.x sends for a small machine in one interval, in the shape of its plugins' own documentation: names
 * and types of fields, tags in the order of their keys, nanoseconds. One line is one MQTT message in its default layout.
 */
export function telegrafLines(host: string, timeMs: number): readonly string[] {
  const at = `${timeMs}000000`;
  const cpu = (name: string, idle: number) =>
    `cpu,cpu=${name},host=${host} usage_guest=0,usage_guest_nice=0,usage_idle=${idle},usage_iowait=0.1,usage_irq=0,` +
    `usage_nice=0,usage_softirq=1.0362694300459534,usage_steal=0,usage_system=4.145077721691784,usage_user=11.398963731636465 ${at}`;
  return [
    cpu('cpu-total', 82.3834196941197),
    `mem,host=${host} active=9299595264i,available=16818249728i,available_percent=80.41654254645131,buffered=2383761408i,cached=13316689920i,free=1877688320i,huge_pages_total=0i,total=20913917952i,used=3335778304i,used_percent=15.95004011996231 ${at}`,
    `disk,device=sda1,fstype=ext4,host=${host},mode=rw,path=/ free=398407520256i,inodes_free=97267461i,inodes_total=121847806i,inodes_used=24580345i,total=499088621568i,used=100418957312i,used_percent=20.131039916242397 ${at}`,
    `net,host=${host},interface=eth0 bytes_recv=3284081640i,bytes_sent=451838509i,drop_in=4i,drop_out=0i,err_in=0i,err_out=0i,packets_recv=3585442i,packets_sent=2663590i ${at}`,
    `system,host=${host} load1=3.72,load15=2.1,load5=2.4,n_cpus=4i,n_users=3i ${at}`,
    `system,host=${host} uptime=1249632i ${at}`,
    `system,host=${host} uptime_format="14 days, 11:07" ${at}`,
  ];
}

/** The same as the processors in docs/telegraf.md make them: each part of the machine a device, no text. */
export function preparedTelegrafLines(host: string, timeMs: number): readonly string[] {
  return telegrafLines(host, timeMs)
    .filter((line) => !line.includes('uptime_format'))
    .map((line) =>
      line
        .replace(/^cpu,cpu=([^,]+),host=([^ ]+)/, 'cpu,cpu=$1,device=$2:$1,host=$2')
        .replace(/^disk,device=([^,]+)(,fstype=[^,]+),host=([^,]+)/, 'disk,device=$3:$1$2,host=$3')
        .replace(/^net,host=([^,]+),interface=([^ ]+)/, 'net,device=$1:$2,host=$1,interface=$2'),
    );
}
