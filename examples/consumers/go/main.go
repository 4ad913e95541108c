// Adds up each customer's orders in MongoDB. README.md says how to run it.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

type event struct {
	Source, ID string
	Data       struct {
		Op    string
		After struct {
			Customer string
			Cents    int64
		}
	}
}

func (e event) placesOrder() bool { return e.Data.Op == "insert" || e.Data.Op == "read" }

// The server forgets an id after that. README.md says how long ids have to stay.
const keepSeconds = 30 * 86400

var upsert = options.UpdateOne().SetUpsert(true)

func claim(ctx context.Context, inbox *mongo.Collection, e event) (bool, error) {
	id := bson.D{{Key: "_id", Value: bson.D{{Key: "source", Value: e.Source}, {Key: "id", Value: e.ID}}}}
	seen := bson.M{"$ifNull": bson.A{"$seen", "$$NOW"}} // The server's clock decides.
	done, err := inbox.UpdateOne(ctx, id, bson.A{bson.M{"$set": bson.M{"seen": seen}}}, upsert)
	return err == nil && done.UpsertedCount == 1, err
}

func apply(ctx context.Context, totals *mongo.Collection, e event) error {
	if !e.placesOrder() {
		return nil
	}
	order := e.Data.After
	_, err := totals.UpdateOne(ctx, bson.M{"_id": order.Customer},
		bson.M{"$inc": bson.M{"orders": 1, "cents": order.Cents}}, upsert)
	return err
}

// One transaction: what is applied is remembered, and what is not is not. The driver runs it again if another worker
// was in its way.
func handle(ctx context.Context, db *mongo.Database, events []event) error {
	session, err := db.Client().StartSession()
	if err != nil {
		return err
	}
	defer session.EndSession(ctx)
	_, err = session.WithTransaction(ctx, func(ctx context.Context) (any, error) {
		for _, e := range events {
			if first, err := claim(ctx, db.Collection("inbox"), e); err != nil {
				return nil, err
			} else if first {
				if err := apply(ctx, db.Collection("totals"), e); err != nil {
					return nil, err
				}
			}
		}
		return nil, nil
	})
	return err
}

func answer(ctx context.Context, db *mongo.Database, lines [][]byte) string {
	events := make([]event, len(lines))
	for i, line := range lines {
		if err := json.Unmarshal(line, &events[i]); err != nil {
			return "reject " + err.Error()
		}
		if events[i].placesOrder() && events[i].Data.After.Customer == "" {
			return "reject this is not an order"
		}
	}
	check(handle(ctx, db, events))
	return "ok"
}

func check(err error) { // Ends the program; it is started again.
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	ctx := context.Background()
	client, err := mongo.Connect(options.Client().ApplyURI(os.Args[1]))
	check(err)
	db := client.Database(os.Args[2])
	_, err = db.Collection("inbox").Indexes().CreateOne(ctx, mongo.IndexModel{
		Keys: bson.M{"seen": 1}, Options: options.Index().SetExpireAfterSeconds(keepSeconds)})
	check(err)

	var events [][]byte
	input := bufio.NewReader(os.Stdin)
	for {
		line, err := input.ReadBytes('\n')
		if err != nil { // No more events.
			return
		}
		if len(line) > 1 {
			events = append(events, line)
		}
		if len(line) == 1 || os.Getenv("HEADWATER_BATCH") == "" {
			fmt.Println(answer(ctx, db, events))
			events = nil
		}
	}
}
