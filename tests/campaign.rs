//! A whole campaign of the dialer on a virtual clock, with the daemon killed at random moments. The large one is
//! `examples/campaign_bench.rs`.

#[path = "support/campaign.rs"]
mod campaign;

use std::path::Path;

#[tokio::test]
async fn nobody_is_called_too_often_too_seldom_or_at_night_though_the_daemon_is_killed_again_and_again() {
    let provisioning = Path::new(env!("CARGO_MANIFEST_DIR")).join("provisioning");
    let report = campaign::run(300, 20, 7, &provisioning).await.expect("campaign");
    let faults: Vec<_> = report.faults.iter().filter(|(_, count)| **count > 0).collect();
    assert!(faults.is_empty(), "{faults:?}");
    assert_eq!((report.citizens, report.kills), (300, 20));
    // The kills hit something, and everybody's calls came to their end all the same.
    assert!(report.cut > 0);
    assert!(report.calls - report.cut >= report.citizens);
    assert!(report.most_at_once > 1 && report.days >= 2);
}
