package sqlstore_test

import (
	"os"
	"testing"

	"github.com/linnbridge/linnbridge/internal/postgrestest"
)

func TestMain(m *testing.M) {
	if address := os.Getenv(victimOf); address != "" {
		beVictim(address)
	}
	if address := os.Getenv(hinterOf); address != "" {
		beHinter(address)
	}
	if address := os.Getenv(callerOf); address != "" {
		beCaller(address)
	}
	os.Exit(postgrestest.Run(m.Run))
}
