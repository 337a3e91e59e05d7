export default function ({ data }) {
  if (data?.script) loadPlotly(data.script);
}
