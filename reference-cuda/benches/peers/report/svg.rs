//! The charts: how many times as long others take.
use super::Report;
use super::text::title;
use crate::players::{CPU, OURS};
use bench::report::chart::{Bars, Chart};
use bench::report::versions_line;

impl Report {
    /// Beside the peers on the same device.
    pub(crate) fn beside_peers(&self) -> String {
        let peers: Vec<(&str, &str)> = self.peers.iter().map(|m| (m.as_str(), title(m))).collect();
        let names: Vec<&str> = peers.iter().map(|(_, title)| *title).collect();
        let who = if names.is_empty() { "peers (none took part)".into() } else { names.join(" or ") };
        self.chart(&format!("time of {who} / time of reference-cuda"), &peers)
    }

    /// Beside the same code on the host.
    pub(crate) fn beside_cpu(&self) -> String {
        self.chart("Same code: time of reference-cpu / time of reference-cuda", &[(CPU, CPU)])
    }

    fn chart(&self, title: &str, players: &[(&str, &str)]) -> String {
        let rows = self.rows.iter().map(|r| &r.measured).map(|row| Bars {
            group: row.group.clone(),
            name: row.name.clone(),
            ratios: players.iter().map(|(player, _)| row.ratio(player, OURS)).collect(),
        });
        let chart = Chart {
            title: title.into(),
            label: title.into(),
            lines: [format!("{}, {}", self.device_line(), self.machine_line()), versions_line(&self.versions)],
            bars: players.iter().map(|(_, title)| (*title).to_string()).collect(),
            behind: "left of 1x: reference-cuda is slower".into(),
            stamp: self.device.emulated.then_some("EMULATED, NO GPU"),
            rows: rows.filter(|row| row.ratios.iter().any(Option::is_some)).collect(),
        };
        chart.svg()
    }
}
