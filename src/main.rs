use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match minsheng::cli::run().await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("minsheng: {error:#}");
            ExitCode::FAILURE
        }
    }
}
