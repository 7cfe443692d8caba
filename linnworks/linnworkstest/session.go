package linnworkstest

import (
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
)

// sessionLife is how long a session lives without a call.
//
// https://apidocs.linnworks.net/docs/generating-an-api-key
const sessionLife = 20 * time.Minute

// ExpireSessions ends every open session: the next call of a client is refused
// with 401.
func (f *Fake) ExpireSessions() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.sessions)
}

// checkSession refuses tokens that no living session has. A scheme word such as
// Bearer makes it another token.
func (f *Fake) checkSession(token string) error {
	used, ok := f.sessions[token]
	now := f.now()
	if !ok || now.Sub(used) >= sessionLife {
		delete(f.sessions, token)
		return errUnauthorised
	}
	f.sessions[token] = now
	return nil
}

// authorize opens a session.
//
// https://apps.linnworks.net/Api/Method/Auth-AuthorizeByApplication
func (f *Fake) authorize(req *linnworks.AuthorizeByApplicationRequest, at place) (any, error) {
	want := f.Credentials()
	given := func(g *linnworks.GUID, value string) bool { return g != nil && g.Equal(linnworks.GUID(value)) }
	if !given(req.ApplicationID, want.ApplicationID) || !given(req.ApplicationSecret, want.ApplicationSecret.Reveal()) ||
		!given(req.Token, want.Token.Reveal()) {
		return nil, errUnauthorised
	}
	token := string(f.newID("session"))
	f.sessions[token] = f.now()
	return &linnworks.BaseSession{
		ID: "a0000000-0000-4000-8000-000000000004", EntityID: "a0000000-0000-4000-8000-000000000005",
		UserID: "a0000000-0000-4000-8000-000000000006", AppName: "linnworkstest", UserName: "application@linnworkstest.example",
		UserType: "Application", Device: "ByApplication", Locality: "EU", GroupName: "Default", SuperAdmin: true,
		Token: linnworks.Secret(token), Server: at.server, Status: linnworks.SessionStatus{State: "AVAILABLE"},
	}, nil
}
