#include "base/clock.h"
#include "cli/cli.h"

int main(int argc, char **argv)
{
	return wq_cli_run(argc, argv, &wq_clock_system, &wq_random_system);
}
